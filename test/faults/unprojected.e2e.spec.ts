import { status } from '@grpc/grpc-js';
import { sql } from 'kysely';
import { parseAccount, partitionOfAccount, partitionOfBudget } from '#libs/ledger';
import {
  createTestDatabase,
  LedgerProcess,
  TEST_PARTITIONS,
  waitUntil,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { callGrpc } from '../e2e/support/grpc-outcome';
import { user } from './support/outage-ledger';

const partitionOfUser = (userId: string) => {
  const account = parseAccount(`user:${userId}`, '');
  return partitionOfAccount(
    (account as Extract<typeof account, { ok: true }>).value,
    TEST_PARTITIONS,
  )!;
};

describe('a partition of which something cannot be projected', () => {
  let db: TestDatabase;
  let projector: LedgerProcess;
  let ingest: LedgerProcess;
  let auth: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url, MAX_LAG: 'PT2S', APPLY_WAIT: 'PT0.5S' };
    projector = await LedgerProcess.openReady({ app: 'projector', env });
    ingest = await LedgerProcess.openReady({ app: 'ingest', env });
    auth = await LedgerProcess.openReady({ app: 'auth', env });
    grpc = auth.grpc();
    for (const outage of ['open', 'closed']) {
      await ingest.http.setBudget(outage, `user:${outage}`, '10.00', { outage });
    }
    await waitUntil('both are in force', async () => {
      const checks = await Promise.all(['open', 'closed'].map((userId) => check(userId)));
      return checks.every(({ budgets, degraded }) => budgets.length === 1 && !degraded);
    });
  });

  afterAll(async () => {
    grpc.close();
    for (const app of [auth, ingest, projector]) await app.stop();
    await db.drop();
  });

  const check = async (userId: string) => (await auth.http.check(user(userId))).body;
  const metricOf = async (partition: number) => {
    const text = await (await fetch(`${projector.httpUrl}/metrics`)).text();
    return Number(
      new RegExp(`^projector_lag_seconds{partition="${partition}"} (\\S+)$`, 'm').exec(text)?.[1],
    );
  };
  const raise = (table: string, when: string) =>
    sql`${sql.raw(`
      create or replace function boom() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create trigger boom before insert on ${table} for each row when (${when}) execute function boom()`)}`.execute(
      db.database.kysely,
    );
  const heal = (table: string) =>
    sql`drop trigger boom on ${sql.table(table)}`.execute(db.database.kysely);

  /** Of a partition that stands, whatever it holds, every answer is of before. */
  async function expectBehind(partition: number): Promise<void> {
    for (const userId of ['s', 'closed', 'open']) {
      await waitUntil('answers are degraded', async () => (await check(userId)).degraded);
    }
    // Nobody set a budget for s that is in force; an unprojected one is not known.
    expect(await check('s')).toMatchObject({ allowed: true, degraded: true, budgets: [] });
    expect(await check('open')).toMatchObject({ allowed: true, degraded: true });
    const closed = await check('closed');
    expect(closed).toMatchObject({ allowed: false, degraded: true, blockedBy: 'closed' });
    expect(closed.lagMs).toBeGreaterThan(2000);
    expect(Date.parse(closed.asOf)).toBeLessThanOrEqual(Date.parse(closed.decidedAt) - 2000);
    const scope = { user: { user_id: 'closed' } };
    const { decision } = await grpc.call('BudgetService', 'Check', { scope });
    expect(decision).toMatchObject({ allowed: false, degraded: true, blocked_by: 'closed' });
    expect(await auth.http.hold(user('open'), '1')).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    const hold = { scope, amount: '1', ttl_seconds: 60 };
    expect(await callGrpc(grpc, 'BudgetService', 'Hold', hold)).toMatchObject({
      code: status.UNAVAILABLE,
      reason: 'unavailable',
    });
    const balance = (await auth.http.balance('user:open')).body;
    expect(Date.parse(balance.asOf)).toBeLessThanOrEqual(Date.parse(closed.decidedAt) - 2000);
    await waitUntil('the projector says so', async () => {
      const { status, body } = await projector.http.get('/readyz');
      return status === 503 && body.checks.projection.detail !== undefined;
    });
    const { projection } = (await projector.http.get('/readyz')).body.checks;
    expect(projection.behind ?? projection.facts.behind).toEqual([partition]);
    expect(projection.detail).toMatch(
      new RegExp(
        `^Partition ${partition} of the log is \\d+ s behind, more than MAX_LAG: Postgres says "no" \\(P0001\\)\\.$`,
      ),
    );
    expect(await metricOf(partition)).toBeGreaterThan(2);
  }

  async function expectWell(): Promise<void> {
    await waitUntil('nothing is behind', async () => {
      const { status: ready } = await projector.http.get('/readyz');
      return ready === 200 && !(await check('closed')).degraded;
    });
    expect(await check('closed')).toMatchObject({ allowed: true });
    const held = await auth.http.hold(user('open'), '1');
    expect(held.status).toBe(201);
    await auth.http.release(held.body.holdId);
  }

  it('is lag for every answer where it is a change of a budget', async () => {
    const partition = partitionOfBudget('s', TEST_PARTITIONS);
    expect(partition).not.toBe(partitionOfUser('s'));
    await raise('budget_revision', `new.budget_id = 's'`);
    expect(await ingest.http.setBudget('s', 'user:s', '1')).toMatchObject({
      status: 201,
      body: { applied: false },
    });
    expect((await ingest.http.record(user('s'), '5')).status).toBe(201);
    await expectBehind(partition);

    await heal('budget_revision');
    await expectWell();
    expect(await check('s')).toMatchObject({
      allowed: false,
      blockedBy: 's',
      degraded: false,
      budgets: [{ spent: '5.00', limit: '1.00' }],
    });
    await ingest.http.request('DELETE', '/v1/budgets/s');
  });

  it('is lag for every answer where it is a spend', async () => {
    const partition = partitionOfUser('victim');
    for (const userId of ['s', 'open', 'closed']) {
      expect(partition).not.toBe(partitionOfUser(userId));
    }
    await raise('spend_event', `new.user_id = 'victim'`);
    expect((await ingest.http.record(user('victim'), '5')).status).toBe(201);
    await expectBehind(partition);
    await heal('spend_event');
    await expectWell();
    expect((await auth.http.balance('user:victim')).body.spentAllTime).toBe('5.00');
  });

  it('does not spoil the stamps of idle partitions, however often they are looked at', async () => {
    const first = await check('closed');
    await waitUntil('longer than MAX_LAG has gone by', async () => {
      const body = await check('closed');
      expect(body).toMatchObject({ allowed: true, degraded: false });
      expect((await projector.http.get('/readyz')).status).toBe(200);
      return Date.parse(body.decidedAt) > Date.parse(first.decidedAt) + 4000;
    });
  });
});

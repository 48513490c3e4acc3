import { status } from '@grpc/grpc-js';
import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import {
  balancesOf,
  LedgerProcess,
  OwnPostgres,
  positionOf,
  projectionDifferences,
  randomSpends,
  recordUntilAcknowledged,
  testDatabaseOptions,
  waitUntil,
  workloadSeed,
  type Answer,
  type Spend,
} from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };
const seed = workloadSeed();
const BROKEN_SPENDS = 200;
const spends = randomSpends(300, seed);

describe(`Postgres gone under running processes (FC_SEED=${seed})`, () => {
  let postgres: OwnPostgres;
  let ingest: LedgerProcess;
  let projector: LedgerProcess;
  let auth: LedgerProcess;
  /** One more, on the same partitions. */
  let spare: LedgerProcess;

  const all = () => [ingest, projector, auth];
  const sendAll = (batch: readonly Spend[]) =>
    Promise.all(batch.map((spend) => recordUntilAcknowledged(spend, () => ingest.http)));

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    // What the spare one leased is read when its lease has run out.
    const env = { DATABASE_URL: postgres.url, VISIBLE_WAIT: 'PT20S' };
    // One after the other: the first one creates the ledger.
    projector = await LedgerProcess.openReady({ app: 'projector', env });
    ingest = await LedgerProcess.openReady({ app: 'ingest', env });
    auth = await LedgerProcess.openReady({ app: 'auth', env });
    spare = await LedgerProcess.start({ env });
    expect(await ingest.http.setBudget('alice-total', 'user:alice', '1.00')).toMatchObject({
      status: 201,
      body: { applied: true },
    });
  });

  afterAll(async () => {
    for (const app of [...all(), spare]) await app.stop();
    await postgres.remove();
  });

  it('survives connections that break in the middle of everything, and loses nothing', async () => {
    const database = new Database(testDatabaseOptions(postgres.url));
    const answers: Answer[] = [];
    for (let n = 0; n < BROKEN_SPENDS; n += 10) {
      const underWay = sendAll(spends.slice(n, n + 10));
      const reads = Promise.all([auth.http.check(ALICE), auth.http.balance('user:alice')]);
      await breakConnections(database);
      answers.push(...(await underWay));
      const [check, balance] = await reads;
      expect(check.status).toBe(200);
      expect([200, 503]).toContain(balance.status);
    }
    expect([...all(), spare].filter(({ hasEnded }) => hasEnded)).toEqual([]);
    await expectBalances(spends.slice(0, BROKEN_SPENDS), positionOf(answers));
    expect(await projectionDifferences(database)).toEqual([]);
    await database.close();
  });

  it('is alive but not ready, refuses with 503 what it cannot do, and answers checks', async () => {
    await postgres.stop();
    const unavailable = { status: 503, body: { code: 'unavailable' } };
    const recorded = await ingest.http.record(ALICE, '0.60', { id: 'while-gone' });
    expect(recorded).toMatchObject(unavailable);
    expect(recorded.headers.get('retry-after')).toBe('1');
    expect(await ingest.http.setBudget('alice-total', 'user:alice', '2.00')).toMatchObject(
      unavailable,
    );
    expect(await auth.http.balance('user:alice')).toMatchObject(unavailable);
    expect(await auth.http.get('/v1/budgets')).toMatchObject(unavailable);
    // More of it in outage-stopped.
    expect(await auth.http.check(ALICE)).toMatchObject({
      status: 200,
      body: { allowed: false, degraded: true, blockedBy: 'alice-total' },
    });
    await expectGrpcUnavailable();
    for (const app of all()) {
      expect((await app.http.get('/livez')).status).toBe(200);
      expect(await app.http.get('/readyz')).toMatchObject({
        status: 503,
        body: { checks: { postgres: { ready: false } } },
      });
    }
  });

  it('starts no process, and each stops in good order', async () => {
    const refused = await LedgerProcess.refusal({
      app: 'auth',
      env: { DATABASE_URL: postgres.url },
    });
    expect(refused).toEqual({
      code: 1,
      text: expect.stringMatching(
        /^DATABASE_URL leads to no Postgres that lets this process in \(connect ENOENT .*\), for example DATABASE_URL=.*\n$/,
      ),
    });
    expect(await spare.stop()).toBe(0);
  });

  it('recovers by itself, and records the retries once', async () => {
    const pending = sendAll(spends.slice(BROKEN_SPENDS));
    await postgres.start();
    const answers = await pending;
    for (const app of all()) await app.ready();
    const retried = await ingest.http.record(ALICE, '0.60', { id: 'while-gone' });
    expect([200, 201]).toContain(retried.status);
    const again = await ingest.http.record(ALICE, '0.60', { id: 'while-gone' });
    expect(again).toMatchObject({ status: 200, body: { duplicate: true } });

    await expectBalances(spends, positionOf([...answers, again]));
    const check = await auth.http.check(ALICE);
    expect(check.body).toMatchObject({ allowed: true, budgets: [{ spent: '0.60' }] });
  });

  async function expectBalances(recorded: readonly Spend[], minPosition: string): Promise<void> {
    for (const [account, spent] of Object.entries(balancesOf(recorded))) {
      const { body } = await auth.http.balance(account, minPosition);
      expect([account, body.spentAllTime]).toEqual([account, spent]);
    }
  }

  async function expectGrpcUnavailable(): Promise<void> {
    const budgets = auth.grpc();
    const read = budgets.call('BudgetService', 'GetBalance', { account: 'user:alice' });
    await expect(read).rejects.toMatchObject({ code: status.UNAVAILABLE });
    budgets.close();
    // Checks are answered, and nothing is recorded: a balancer keeps auth and leaves ingest out.
    const [deciding, recording] = [auth.grpc(), ingest.grpc()];
    await waitUntil('ingest is NOT_SERVING', async () => !(await recording.isServing()));
    expect(await deciding.isServing()).toBe(true);
    expect((await auth.http.get('/servez')).status).toBe(200);
    expect((await ingest.http.get('/servez')).status).toBe(503);
    deciding.close();
    recording.close();
  }
});

/** All of the ledger's, whatever they are doing. */
async function breakConnections({ kysely }: Database): Promise<void> {
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name <> 'spend-ledger-test' and datname = current_database()`.execute(kysely);
}

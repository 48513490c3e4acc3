import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLedgerLogins,
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  positionOf,
  waitUntil,
  type Answer,
  type LedgerLogins,
  type TestDatabase,
} from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice', keyId: 'k' };
const APPS = ['ingest', 'projector', 'auth'] as const;
type App = (typeof APPS)[number];

/** So that what is done now and then is done while the test runs. */
const OFTEN = { VERIFY_EVERY: 'PT1S', DECISION_FLUSH: 'PT0.02S' };
/** They complain of what is refused, not of a machine that is busy. */
const PATIENT = { ACCESS_TIMEOUT: 'PT30S', CHECK_TIMEOUT: 'PT30S', DATABASE_TIMEOUT: 'PT30S' };

describe('processes that connect as their roles', () => {
  let server: TestDatabase;
  let db: TestDatabase;
  let logins: LedgerLogins;
  let processes: Record<App, LedgerProcess>;
  let printed = '';
  let spend: { source: string; id: string };
  const refusals: string[] = [];

  beforeAll(async () => {
    server = await createTestDatabase({ ledger: false });
    db = await createTestDatabase({ ledger: false });
    const migrated = await command(db.url, 'migrate');
    expect(migrated).toMatchObject({
      status: 0,
      stdout: 'The ledger is up to date: USD, 3 partitions, its log in Postgres.\n',
    });
    logins = await createLedgerLogins(db, server);
    processes = await startAll();
  });

  afterAll(async () => {
    await stopAll();
    await db.drop();
    await logins.drop();
    await server.drop();
  });

  it('record, correct and set budgets', async () => {
    const { http } = processes.ingest;
    const budget = await http.setBudget('alice-10', 'user:alice', '10.00', { warnAt: ['0.5'] });
    expect(budget).toMatchObject({ status: 201, body: { applied: true } });
    const recorded = await http.record(ALICE, '4.00');
    expect(recorded.status).toBe(201);
    const { source, id } = recorded.body as typeof spend;
    spend = { source, id };
    expect(await http.record(ALICE, '4.00', spend)).toMatchObject({
      status: 200,
      body: { duplicate: true },
    });
    const corrected = await http.correct(spend, { kind: 'amend', amount: '6.00' });
    expect(corrected.status).toBe(201);
    await untilSpent('6.00', corrected);
    const raised = await http.setBudget('alice-10', 'user:alice', '20.00', { warnAt: ['0.3'] });
    expect(raised).toMatchObject({ status: 200, body: { applied: true } });
    expect(await http.request('DELETE', '/v1/budgets/alice-10')).toMatchObject({ status: 200 });
    await http.setBudget('alice-10', 'user:alice', '10.00', { warnAt: ['0.5'] });
  });

  it('check, hold, extend, release and settle, at every door', async () => {
    const { ingest, auth } = processes;
    const held = await auth.http.hold(ALICE, '1.00', {}, { 'idempotency-key': 'once' });
    expect(held.status).toBe(201);
    const holdId = (held.body as { holdId: string }).holdId;
    expect(await auth.http.extend(holdId, { ttlSeconds: 90, amount: '2.00' })).toMatchObject({
      status: 200,
    });
    expect(await auth.http.settle(holdId, '1.50')).toMatchObject({ status: 200 });
    const released = await auth.http.hold(ALICE, '1.00');
    expect(await auth.http.release((released.body as { holdId: string }).holdId)).toMatchObject({
      status: 200,
    });
    const named = await auth.http.hold(ALICE, '1.00');
    const settled = await ingest.http.record(ALICE, '0.50', {}, { holdId: named.body.holdId });
    expect(settled.status).toBe(201);
    await untilSpent('8.00', settled);
    const refused = await auth.http.check(ALICE, { estimate: '5.00' });
    expect(refused.body).toMatchObject({ allowed: false, blockedBy: 'alice-10' });
    refusals.push(refused.body.decisionId as string);
    await waitUntil('the refusal is kept', async () => {
      return (await auth.http.get(`/v1/decisions/${refused.body.decisionId}`)).status === 200;
    });
  });

  it('read, as of other times too, warn, and verify', async () => {
    const { auth, projector } = processes;
    for (const path of [
      '/v1/events?account=user:alice',
      `/v1/event?source=${spend.source}&id=${spend.id}`,
      '/v1/spend?groupBy=account,day',
      '/v1/holds?account=user:alice',
      '/v1/budgets?account=user:alice',
      '/v1/budgets/alice-10',
      '/v1/explanations?account=person:alice',
      '/v1/budgets/alice-10/burn',
      '/v1/series?account=ledger&step=P1M&from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z',
      '/v1/statements/2026-04',
      '/v1/projection',
      '/v1/credentials',
      ...refusals.map((id) => `/v1/decisions/${id}/explanation`),
      '/metrics',
    ]) {
      const { status } = await fetch(auth.httpUrl + path);
      expect([path, status]).toEqual([path, 200]);
    }
    await waitUntil('it has warned', async () => {
      const { body } = await auth.http.get('/v1/warnings?account=user:alice');
      return (body as { items: unknown[] }).items.length > 0;
    });
    const now = new Date().toISOString();
    const asOf = await auth.http.get(`/v1/balances?account=user:alice&at=${now}&knownAt=${now}`);
    expect(asOf).toMatchObject({ status: 200, body: { spentAllTime: '8.00' } });
    await waitUntil('the projector has verified', async () => {
      const metrics = await (await fetch(`${projector.httpUrl}/metrics`)).text();
      return /^projector_verify_last_success_seconds\S* [1-9]/m.test(metrics);
    });
  });

  it('start again, and go on', async () => {
    await stopAll();
    processes = await startAll();
    const recorded = await processes.ingest.http.record(ALICE, '1.00');
    await untilSpent('9.00', recorded);
  });

  it('go on when a rebuild has put other tables in the place of theirs', async () => {
    expect(await command(db.url, 'rebuild', '--swap')).toMatchObject({ status: 0 });
    const recorded = await processes.ingest.http.record(ALICE, '0.25');
    await untilSpent('9.25', recorded);
    const raised = await processes.ingest.http.setBudget('alice-10', 'user:alice', '30.00');
    expect(raised).toMatchObject({ status: 200, body: { applied: true } });
    expect(await command(db.url, 'roles', 'show')).toMatchObject({ status: 0 });
  });

  it('leave the auditor all reads, and nothing else', async () => {
    const { audit } = logins.urls;
    const decisions = await db.database.kysely
      .selectFrom('kept_decision')
      .select('decision_id')
      .execute();
    for (const args of [
      ['verify'],
      ['balance', 'user:alice', '--at', '2026-04-28T00:00:00Z'],
      ['explain', 'user:alice'],
      ['explain', decisions[0]!.decision_id],
      ['export'],
      ['statement', '--month', '2026-04'],
      ['tokens', 'list'],
    ]) {
      const { status, stderr } = await command(audit, ...args);
      expect([args, status, stderr.includes('permission')]).toEqual([args, 0, false]);
    }
    for (const args of [
      ['close', '--month', '2026-01', '--by', 'eve'],
      ['tokens', 'create', '--name', 'mine', '--roles', 'admin'],
      ['rebuild', '--swap'],
    ]) {
      const { status, stderr } = await command(audit, ...args);
      expect([args, status]).toEqual([args, 2]);
      expect(stderr.trim().split('\n').at(-1)).toMatch(
        /^The user (in DATABASE_URL may not do that|of the database may not do what a rebuild needs) .*permission denied/,
      );
    }
  });

  it('complained of nothing, and were refused nothing', async () => {
    await stopAll();
    const complaints = printed
      .split('\n')
      .filter((line) => /"level":"?(warn|error|fatal|[456]0)|permission denied/.test(line))
      .filter((line) => !line.includes('INSECURE_NO_AUTH'))
      // The Postgres of the tests does not wait for its disk, which each start says.
      .filter((line) => !/Postgres has (?:fsync|full_page_writes)=off/.test(line));
    expect(complaints).toEqual([]);
    expect(printed).toContain('ingest serves HTTP');
  });

  it('are told in a sentence what their user may not do at the start', async () => {
    const start = (app: App, url: string, env = {}) =>
      LedgerProcess.refusal({ app, env: { DATABASE_URL: url, PARTITIONS: '3', ...env } });
    expect(await start('auth', logins.urls.stranger)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^login_stranger_\w+ may not read this ledger: .*\n$/) as string,
    });
    const file = join(tmpdir(), `first-token-${randomBytes(6).toString('hex')}`);
    await writeFile(file, `slt_${randomBytes(32).toString('base64url')}`);
    expect(await start('ingest', logins.urls.ingest, { FIRST_TOKEN_FILE: file })).toMatchObject({
      code: 1,
      text: expect.stringMatching(
        /^FIRST_TOKEN_FILE is set, but the user .* migrate.*\n$/,
      ) as string,
    });
    const env = { DATABASE_URL: db.url, PARTITIONS: '3', FIRST_TOKEN_FILE: file };
    expect(await ledgerCommand(env, 'migrate')).toMatchObject({ status: 0 });
    await rm(file);
    const made = await db.database.kysely.selectFrom('credential').select('name').execute();
    expect(made).toEqual([{ name: 'first' }]);
    await db.database.kysely
      .updateTable('projection_partition')
      .set({ claims_until: 1000n })
      .execute();
    expect(await start('projector', logins.urls.projector)).toMatchObject({
      code: 1,
      text: expect.stringMatching(/^This ledger was made anew over an old log.*\n$/) as string,
    });
  });

  async function startAll(): Promise<Record<App, LedgerProcess>> {
    const opened = APPS.map(async (app) => {
      const env = { DATABASE_URL: logins.urls[app], PARTITIONS: '3', ...OFTEN, ...PATIENT };
      return [app, await LedgerProcess.openReady({ app, env })] as const;
    });
    return Object.fromEntries(await Promise.all(opened)) as Record<App, LedgerProcess>;
  }

  async function stopAll(): Promise<void> {
    for (const app of APPS) {
      if (processes[app].hasEnded) continue;
      expect(await processes[app].stop()).toBe(0);
      printed += processes[app].output;
    }
  }

  /** What a settled hold is spent comes to the log a moment later, at a position that nobody was told. */
  async function untilSpent(spent: string, ...answers: Answer[]): Promise<void> {
    await waitUntil(`alice has spent ${spent}`, async () => {
      const { body } = await processes.auth.http.balance('user:alice', positionOf(answers));
      return body.spentAllTime === spent;
    });
  }

  function command(url: string, ...args: string[]) {
    return ledgerCommand({ DATABASE_URL: url, PARTITIONS: '3' }, ...args);
  }
});

import { status } from '@grpc/grpc-js';
import { Database } from '#libs/postgres';
import {
  LedgerProcess,
  projectionDifferences,
  spendEvent,
  testDatabaseOptions,
  waitUntil,
} from '#libs/testing';
import { user } from './support/outage-ledger';
import { RefusingPostgres } from './support/refusing-postgres';

const BATCH = 'application/cloudevents-batch+json';
const UNKNOWN = {
  status: 503,
  body: { code: 'unavailable', detail: expect.stringContaining('not known') },
};
const KEY = { 'idempotency-key': 'one-hold' };
const AT_ONCE = 100;
/** Two rounds of spends, of holding spends and of budgets, one of corrections, the relay, flushes, the projector. */
const MOST_WAITING = 24;

describe('commits that wait for a synchronous standby that is not there', () => {
  let server: RefusingPostgres;
  let projector: LedgerProcess;
  let ingest: LedgerProcess;
  let auth: LedgerProcess;
  let holdId: string;
  const time = new Date().toISOString();
  const spend = (id: string) => spendEvent(user('alice'), '1.00', { id, time });
  const record = (id: string) => ingest.http.record(user('alice'), '1.00', { id, time });

  beforeAll(async () => {
    server = await RefusingPostgres.start();
    const limits = { RECORD_TIMEOUT: 'PT1S', AS_OF_TIMEOUT: 'PT1S', MAX_LAG: 'PT1H' };
    const env = { DATABASE_URL: server.url, ...limits };
    projector = await LedgerProcess.openReady({ app: 'projector', env });
    ingest = await LedgerProcess.openReady({ app: 'ingest', env });
    auth = await LedgerProcess.openReady({ app: 'auth', env });
    expect((await ingest.http.setBudget('b', 'user:alice', '1000.00')).status).toBe(201);
    expect((await ingest.http.setBudget('none', 'user:nobody', '0')).status).toBe(201);
    const held = await auth.http.hold(user('alice'), '5.00');
    expect(held.status).toBe(201);
    holdId = held.body.holdId;
    await server.run(`alter system set synchronous_standby_names = 'ANY 1 (*)'`);
    await server.run('select pg_reload_conf()');
  });

  afterAll(async () => {
    for (const app of [projector, ingest, auth]) await app.stop('SIGKILL');
    await server.postgres.remove();
  });

  it('every door that writes answers in time that it is not known', async () => {
    await waitUntil('commits wait', async () => (await record('first')).status === 503);
    expect(await record('second')).toMatchObject(UNKNOWN);
    expect((await record('second')).headers.get('retry-after')).toBe('1');
    const batch = await ingest.http.post('/v1/events', [spend('third'), spend('fourth')], BATCH);
    expect(batch).toMatchObject({
      status: 503,
      body: { results: [{ problem: UNKNOWN.body }, { problem: UNKNOWN.body }] },
    });
    const holding = await ingest.http.record(
      user('alice'),
      '2.00',
      { id: 'fifth', time },
      { holdId },
    );
    expect(holding).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await ingest.http.setBudget('b', 'user:alice', '900.00')).toMatchObject(UNKNOWN);
    expect(await ingest.http.setBudget('c', 'user:carol', '900.00')).toMatchObject(UNKNOWN);
    const unavailable = { status: 503, body: { code: 'unavailable' } };
    expect(await auth.http.hold(user('bob'), '1.00', {}, KEY)).toMatchObject(unavailable);
    expect(await auth.http.settle(holdId, '2.00')).toMatchObject(unavailable);
    expect(await auth.http.release(holdId)).toMatchObject(unavailable);
  });

  it('over gRPC too', async () => {
    const grpc = ingest.grpc();
    const event = {
      id: 'by-grpc',
      source: 'test',
      time: { seconds: 1_777_284_000 },
      scope: { user: { user_id: 'alice' } },
      amount: '1.00',
    };
    const recorded = grpc.call('IngestService', 'RecordSpend', { event });
    await expect(recorded).rejects.toMatchObject({ code: status.UNAVAILABLE });
    const { results } = await grpc.call('IngestService', 'RecordSpendBatch', { events: [event] });
    expect(results).toMatchObject([{ problem: { code: 'unavailable', retryable: true } }]);
    grpc.close();
  });

  it('readiness of ingest names it, and a metric counts the seconds', async () => {
    await waitUntil('ingest says what it waits for', async () => {
      const { status: code, body } = await ingest.http.get('/readyz');
      return code === 503 && /wait for a synchronous standby/.test(body.checks.commits.detail);
    });
    const metrics = await (await fetch(`${ingest.httpUrl}/metrics`)).text();
    const [, seconds] = /^log_commit_wait_seconds (\S+)$/m.exec(metrics) ?? [];
    expect(Number(seconds)).toBeGreaterThanOrEqual(1);
  });

  it('checks are answered meanwhile', async () => {
    expect(await auth.http.check(user('alice'))).toMatchObject({
      status: 200,
      body: { allowed: true },
    });
    const { body } = await auth.http.check(user('nobody'));
    expect(body).toMatchObject({ allowed: false, blockedBy: 'none' });
    const kept = await auth.http.get(`/v1/decisions/${body.decisionId}`);
    expect(kept).toMatchObject({ status: 200, body: { decisionId: body.decisionId } });
  });

  it('a question that would leave a mark is answered in time', async () => {
    for (let time = 0; time < 2; time++) {
      const knownAt = encodeURIComponent(new Date().toISOString());
      const asked = await auth.http.get(`/v1/balances?account=user:alice&knownAt=${knownAt}`);
      expect(asked).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    }
  });

  it('nothing piles up, in the processes or in Postgres', async () => {
    for (let round = 0; round < 3; round++) {
      const many = Array.from({ length: AT_ONCE }, (_, n) => n);
      const answers = await Promise.all([
        ...many.map((n) => record(`many-${n}`)),
        ...many.map((n) => auth.http.hold(user(`u${n}`), '1.00')),
        ...many.map((n) => ingest.http.setBudget(`b${n}`, `user:u${n}`, '1.00')),
      ]);
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([503]));
      const [row] = await server.rows<{ waiting: number }>(
        `select count(*)::int as waiting from pg_stat_activity where usename = 'ledger' and wait_event = 'SyncRep'`,
      );
      expect(row!.waiting).toBeLessThanOrEqual(MOST_WAITING);
    }
  });

  it('with the standby back it heals by itself, and what is sent again is counted once', async () => {
    await server.run('alter system reset synchronous_standby_names');
    await server.run('select pg_reload_conf()');
    for (const app of [projector, ingest, auth]) await app.ready();
    const ids = ['first', 'second', 'third', 'fourth'];
    const again = await Promise.all(ids.map(record));
    for (const answer of again) expect([200, 201]).toContain(answer.status);
    for (const answer of await Promise.all(ids.map(record))) {
      expect(answer).toMatchObject({ status: 200, body: { duplicate: true } });
    }
    const held = await auth.http.hold(user('bob'), '1.00', {}, KEY);
    expect(held.status).toBe(201);
    expect((await auth.http.hold(user('bob'), '1.00', {}, KEY)).body.holdId).toBe(held.body.holdId);
    expect((await ingest.http.setBudget('b', 'user:alice', '900.00')).status).toBe(200);
    await waitUntil('all is projected', async () => {
      const database = new Database(testDatabaseOptions(server.postgres.url));
      try {
        const known = await database.kysely
          .selectFrom('spend_event')
          .select(({ fn }) => [fn.countAll<bigint>().as('rows')])
          .where('event_id', 'in', ids)
          .executeTakeFirstOrThrow();
        expect(await projectionDifferences(database)).toEqual([]);
        return Number(known.rows) === ids.length;
      } finally {
        await database.close();
      }
    });
  });
});

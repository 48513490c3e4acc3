import {
  createTestDatabase,
  LedgerProcess,
  type Answer,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { Database } from '#libs/postgres';
import { sql } from 'kysely';

const READERS = 40;
const CHECKS = 100;
const READS_AT_ONCE = 2;
const WAITING = 10;
const MOST_SUMMED = 5;
const ALICE = { type: 'user', userId: 'alice' };

describe('readers of lists and sums', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let http: HttpLedger;
  let blocker: Database;

  beforeAll(async () => {
    db = await createTestDatabase();
    blocker = new Database({ ...db.options, maxConnections: 1, timeoutMs: 60_000 });
    ledger = await LedgerProcess.start({
      env: {
        DATABASE_URL: db.options.connectionString,
        LIST_READS: `${READS_AT_ONCE}`,
        LIST_QUEUE: `${WAITING}`,
        SUM_ENTRIES: `${MOST_SUMMED}`,
        LIST_WAIT: 'PT60S',
        LIST_TIMEOUT: 'PT60S',
        DATABASE_TIMEOUT: 'PT60S',
      },
    });
    http = ledger.http;
    expect((await http.setBudget('roomy', 'user:alice', '1000.00')).status).toBe(201);
    expect((await http.record(ALICE, '1.00')).status).toBe(201);
  });
  afterAll(async () => {
    await ledger.stop();
    await blocker.close();
    await db.drop();
  });

  const codesOf = (answers: readonly Answer[]) =>
    answers.map(({ status, body }) => (status === 200 ? 200 : body.code));

  // What they read stands still for as long as the checks take, so each of them has what it can take.
  it('cost no check its answer, and wait or are told to come again', async () => {
    let answers: Promise<Answer[]> = Promise.resolve([]);
    await blocker.kysely.transaction().execute(async (trx) => {
      await sql`lock table warning in access exclusive mode`.execute(trx);
      const readers = Array.from({ length: READERS }, () => http.get('/v1/warnings'));
      answers = Promise.all(readers);
      const refused = await Promise.race(readers);
      expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } });
      expect(refused.headers.get('retry-after')).toBe('1');
      for (let n = 0; n < CHECKS; n += 1) {
        const { status, body } = await http.check(ALICE, { estimate: '1.00' });
        expect([status, body.allowed, body.degraded]).toEqual([200, true, false]);
      }
      expect((await http.hold(ALICE, '1.00')).status).toBe(201);
      expect((await http.record(ALICE, '1.00')).status).toBe(201);
    });
    const codes = codesOf(await answers);
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(
      READERS - READS_AT_ONCE - WAITING,
    );
    expect(codes.filter((code) => code === 200)).toHaveLength(READS_AT_ONCE + WAITING);
  });

  it('read on while sums are asked for all the time, and no check is refused', async () => {
    let isOver = false;
    const readers = Array.from({ length: READERS }, async (_, n) => {
      const codes: unknown[] = [];
      const path = n % 2 === 0 ? '/v1/spend?groupBy=account,day' : '/v1/events?pageSize=1000';
      while (!isOver) codes.push(...codesOf([await http.get(path)]));
      return codes;
    });
    for (let n = 0; n < CHECKS; n += 1) {
      const { status, body } = await http.check(ALICE, { estimate: '1.00' });
      expect([status, body.allowed, body.degraded]).toEqual([200, true, false]);
    }
    isOver = true;
    const codes = (await Promise.all(readers)).flat();
    expect(codes).toContain(200);
    expect(codes.every((code) => code === 200 || code === 'overloaded')).toBe(true);
  });

  it('are told where a sum would read more than its limit, and of less are answered', async () => {
    for (let n = 0; n < MOST_SUMMED; n += 1) {
      expect((await http.record({ type: 'user', userId: 'bob' }, '1.00')).status).toBe(201);
    }
    const all = await http.get('/v1/spend?groupBy=account');
    expect(all).toMatchObject({ status: 422, body: { code: 'too_much' } });
    const bob = await http.get('/v1/spend?groupBy=account&account=user:bob');
    expect([bob.status, bob.body.items[0].calls]).toEqual([200, MOST_SUMMED]);
  });
});

import {
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  positionOf,
  type Answer,
  type TestDatabase,
} from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };
const at = { id: 'call-1', source: 'gateway' };

/** Postgres is gone for good, its claims with it; Kafka still has the log. */
describe('a ledger that is made anew over the log it had on Kafka', () => {
  const log = logEnvironment('Kafka');
  let lost: TestDatabase;
  let db: TestDatabase;
  let ingest: LedgerProcess;
  let projector: LedgerProcess | undefined;
  let recorded: Answer;

  const start = (app: 'ingest' | 'projector', database: TestDatabase) =>
    LedgerProcess.open({
      app,
      env: { DATABASE_URL: database.url, ...log.env },
    });

  beforeAll(async () => {
    [lost, db] = [
      await createTestDatabase({ ledger: false }),
      await createTestDatabase({ ledger: false }),
    ];
    const [first, firstProjector] = await Promise.all([
      start('ingest', lost),
      start('projector', lost),
    ]);
    recorded = await first.http.record(ALICE, '1.00', at);
    expect(recorded.status).toBe(201);
    const budget = await first.http.setBudget('alice-10', 'user:alice', '10.00');
    expect(budget).toMatchObject({ status: 201, body: { applied: true } });
    for (const app of [first, firstProjector]) await app.stop('SIGKILL');
    ingest = await start('ingest', db);
  });

  afterAll(async () => {
    for (const app of [ingest, projector]) await app?.stop('SIGKILL');
    await log.remove();
    await Promise.all([lost.drop(), db.drop()]);
  });

  it('records nothing before it knows what is on the log', async () => {
    const again = await ingest.http.record(ALICE, '2.00', at);
    expect(again).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(again.headers.get('retry-after')).toBe('1');
    const budget = await ingest.http.setBudget('alice-10', 'user:alice', '20.00');
    expect(budget).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await ingest.http.get('/readyz')).toMatchObject({
      status: 503,
      body: { checks: { claims: { ready: false } } },
    });
  });

  it('then has each id with the content it was recorded with', async () => {
    projector = await start('projector', db);
    await ingest.ready();
    const same = await ingest.http.record(ALICE, '1.00', at);
    expect(same).toMatchObject({
      status: 200,
      body: { duplicate: true, recordedAt: recorded.body.recordedAt },
    });
    const other = await ingest.http.record(ALICE, '2.00', at);
    expect(other).toMatchObject({ status: 409, body: { code: 'event_conflict' } });
    expect(positionOf([same])).toBe(positionOf([recorded]));
  });

  it('and its budgets, whose next revision follows on the last', async () => {
    const changed = await ingest.http.setBudget('alice-10', 'user:alice', '20.00');
    expect(changed).toMatchObject({
      status: 200,
      body: { applied: true, status: { spent: '1.00', limit: '20.00' } },
    });
    expect(changed.headers.get('etag')).toBe('"2"');
  });
});

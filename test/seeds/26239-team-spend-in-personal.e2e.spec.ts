import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';
import { dropProjection, expectTheTruth, replayReport, TEAM } from './support/report-26239';

describe('#26239: team spend never reaches the personal balance', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let position: string;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    position = await replayReport(ledger.http);
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('allows the personal key and says 11.92', () => expectTheTruth(ledger.http, position));

  it('says the same after SIGKILL and a restart', async () => {
    await ledger.stop('SIGKILL');
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    await expectTheTruth(ledger.http, position);
  });

  it('says the same after the projection is dropped and replayed', async () => {
    await ledger.stop();
    await dropProjection(db);
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    await expectTheTruth(ledger.http, position);
  });

  it('refuses an empty teamId, and does not take it for personal', async () => {
    const refused = await ledger.http.record({ ...TEAM, teamId: '' }, '5.00');
    expect(refused.status).toBe(400);
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ field: 'data.scope.teamId', rule: 'not_empty' }),
    ]);
    await expectTheTruth(ledger.http, position);
  });
});

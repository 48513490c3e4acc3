import { LedgerProcess, OwnPostgres, waitUntil } from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };

describe('a standalone whose Postgres is gone', () => {
  let postgres: OwnPostgres;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: postgres.url } });
    await ledger.http.check(ALICE);
    await postgres.stop();
  });
  afterAll(async () => {
    await ledger.stop('SIGKILL');
    await postgres.remove();
  });

  it('serves checks and records nothing, and says so of each', async () => {
    await waitUntil('it is noticed', async () => (await ledger.http.get('/servez')).status === 503);
    expect(await ledger.http.get('/servez')).toMatchObject({
      body: { status: 'not_serving', checks: { auth: { ready: true }, ingest: { ready: false } } },
    });
    const { body } = await ledger.http.check(ALICE);
    expect(body).toMatchObject({ allowed: true, degraded: true });
    const grpc = ledger.grpc();
    const serving = async () =>
      Promise.all(
        ['', 'IngestService', 'BudgetAdminService', 'BudgetService'].map((service) =>
          grpc.isServing(service && `spendledger.v1.${service}`),
        ),
      );
    await waitUntil('health says it', async () => {
      expect(await serving()).toEqual([false, false, false, true]);
      return true;
    });
    grpc.close();
  });
});

import { PROJECTION_VERSION } from '#libs/projection';
import {
  createTestDatabase,
  LedgerProcess,
  projectionDifferences,
  ledgerCommand,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';

const SCOPE = { type: 'user', userId: 'alice' };

describe('a projection that was made by other code', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
  });

  afterAll(async () => {
    await ledger.stop('SIGKILL');
    await db.drop();
  });

  it('is left alone, answers go on, and a rebuild takes over without a restart', async () => {
    const first = await ledger.http.record(SCOPE, '1.00');
    await ledger.http.balance('user:alice', first.body.position);
    const { kysely } = db.database;
    await kysely
      .updateTable('ledger')
      .set({ projection_version: PROJECTION_VERSION - 1 })
      .execute();
    const projection = async () => (await ledger.http.get('/readyz')).body.checks.projection;
    await waitUntil('it projects no more', async () => (await projection()).ready === false);
    expect((await projection()).detail).toMatch(/npm run ledger -- rebuild --swap/);

    const second = await ledger.http.record(SCOPE, '2.00');
    expect(second.status).toBe(201);
    expect((await ledger.http.check(SCOPE)).body).toMatchObject({ allowed: true, degraded: false });
    expect((await ledger.http.balance('user:alice')).body.spentAllTime).toBe('1.00');

    const { status: code, stdout: out } = await ledgerCommand(
      { DATABASE_URL: db.url },
      'rebuild',
      '--swap',
      '--json',
    );
    expect([code, JSON.parse(out)]).toMatchObject([0, { found: 0, swapped: true }]);
    await waitUntil('it projects', async () => (await projection()).ready === true);
    const after = await ledger.http.balance('user:alice', second.body.position);
    expect(after.body.spentAllTime).toBe('3.00');
    expect(await projectionDifferences(db.database)).toEqual([]);
  });
});

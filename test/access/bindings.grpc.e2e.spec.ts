import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';
import { callGrpc } from '../e2e/support/grpc-outcome';
import { keepToken } from './support/credentials';

describe('a caller that is bound, over gRPC,', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('does what it does within its binding, and nothing elsewhere', async () => {
    const grpc = ledger.grpc().as(
      await keepToken(db.database, 'grpc-ml', ['record', 'check', 'admin', 'audit'], {
        accounts: ['team:ml'],
      }),
    );
    const call = (...given: [Parameters<typeof callGrpc>[1], string, object]) =>
      callGrpc(grpc, ...given);
    const own = { team: { team_id: 'ml' } };
    const other = { team: { team_id: 'ops' } };
    const event = (scope: object, id: string) => ({
      event: { id, source: 'g', time: { seconds: 1777284000 }, scope, amount: '1.00' },
    });
    const budget = (account: string) => ({
      budget: { budget_id: 'grpc', account, limit: '1000', window: { total: {} } },
    });
    const held = (scope: object) => ({ scope, amount: '1.00', ttl_seconds: 60 });
    expect(await call('IngestService', 'RecordSpend', event(own, 'a'))).toMatchObject({ code: 0 });
    expect(await call('BudgetService', 'Check', { scope: own })).toMatchObject({ code: 0 });
    expect(await call('BudgetService', 'GetBalance', { account: 'team:ml' })).toMatchObject({
      code: 0,
    });
    expect(await call('BudgetAdminService', 'SetBudget', budget('team:ml'))).toMatchObject({
      code: 0,
    });
    const refused = { code: 7, reason: 'forbidden', faults: [] };
    expect(await call('IngestService', 'RecordSpend', event(other, 'b'))).toMatchObject(refused);
    expect(await call('BudgetService', 'Check', { scope: other })).toMatchObject(refused);
    expect(await call('BudgetService', 'Hold', held(other))).toMatchObject(refused);
    expect(await call('BudgetService', 'Settle', { hold_id: 'x', amount: '1' })).toMatchObject(
      refused,
    );
    expect(await call('BudgetService', 'GetBalance', { account: 'team:ops' })).toMatchObject(
      refused,
    );
    expect(await call('BudgetAdminService', 'SetBudget', budget('team:ops'))).toMatchObject(
      refused,
    );
    expect(await call('BudgetAdminService', 'GetBudget', { budget_id: 'nothing' })).toMatchObject(
      refused,
    );
    expect(await call('BudgetAdminService', 'ListBudgets', {})).toMatchObject(refused);
    const batch = { events: [event(own, 'c').event, event(other, 'd').event] };
    expect(await call('IngestService', 'RecordSpendBatch', batch)).toMatchObject({
      code: 0,
      value: { results: [{ receipt: { id: 'c' } }, { problem: { code: 'forbidden' } }] },
    });
    grpc.close();
  });
});

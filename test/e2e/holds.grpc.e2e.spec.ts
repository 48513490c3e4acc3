import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { callGrpc } from './support/grpc-outcome';

const user = () => ({ user: { user_id: randomUUID() } });
type User = ReturnType<typeof user>;

describe('holds over gRPC', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    grpc = ledger.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it('are taken, seen, settled and spent', async () => {
    const scope = await budgeted('10');
    const taken = await call('Hold', { scope, amount: '4', ttl_seconds: 60 });
    expect(taken).toEqual({
      hold_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      amount: '4.00',
      expires_at: { seconds: expect.stringMatching(/^\d+$/), nanos: 0 },
      state: 'HOLD_STATE_ACTIVE',
      decision: expect.objectContaining({ allowed: true, message: '', remaining: '10.00' }),
      remaining_ttl_ms: expect.stringMatching(/^6[01]\d{3}$/),
    });
    const { decision } = await call('Check', { scope });
    expect(decision.budgets).toMatchObject([{ spent: '0.00', held: '4.00', remaining: '6.00' }]);
    const metadata = { fields: { a: { numberValue: 1, kind: 'numberValue' } } };
    const settle = { hold_id: taken.hold_id, amount: '5', model: 'gpt-5', metadata };
    const settled = {
      source: 'ledger/holds',
      event_id: taken.hold_id,
      overrun: '1.00',
      late: false,
      position: '',
    };
    expect(await call('Settle', settle)).toEqual(settled);
    // What it cost may be in the balances by now, and has its place.
    const again = { ...settled, position: expect.any(String) };
    expect(await call('Settle', settle)).toEqual(again);
    await waitUntil('it is spent', async () => {
      const account = `user:${scope.user.user_id}`;
      const { balance } = await call('GetBalance', { account });
      return balance.spent_all_time === '5.00' && balance.held === '0.00';
    });
    expect(await call('Settle', settle)).toEqual({
      ...settled,
      position: expect.stringMatching(/^\d+:\d+$/),
    });
  });

  it('are refused in an answer', async () => {
    const scope = await budgeted('10');
    const { hold_id } = await call('Hold', { scope, amount: '4', ttl_seconds: 60 });
    const refused = await call('Hold', { scope, amount: '7', ttl_seconds: 60 });
    expect(refused).toMatchObject({ hold_id: '', amount: '', expires_at: null });
    expect(refused).toMatchObject({ state: 'HOLD_STATE_UNSPECIFIED', remaining_ttl_ms: '0' });
    expect(refused.decision).toMatchObject({
      allowed: false,
      blocked_by: scope.user.user_id,
      message: expect.stringContaining('(+ 4.00 held, 7.00 asked)'),
    });
    const still = await call('Extend', { hold_id, amount: '11', ttl_seconds: 3600 });
    expect(still).toMatchObject({ amount: '4.00', decision: { allowed: false } });
    expect(still.remaining_ttl_ms).toMatch(/^[56]\d{4}$/);
    const more = await call('Extend', { hold_id, amount: '10', ttl_seconds: 3600 });
    expect(more).toMatchObject({ amount: '10.00', decision: { allowed: true } });
    expect(more.remaining_ttl_ms).toMatch(/^360[01]\d{3}$/);
    const longer = await call('Extend', { hold_id, ttl_seconds: 60 });
    expect(longer).toMatchObject({ amount: '10.00', decision: null });
    expect(await call('Release', { hold_id })).toEqual({ released: '10.00' });
    expect(await call('Release', { hold_id })).toEqual({ released: '10.00' });
  });

  it('tell what stands in the way by a status', async () => {
    const scope = await budgeted('10');
    const asked = { scope, amount: '1', ttl_seconds: 60, idempotency_key: randomUUID() };
    const { hold_id } = await call('Hold', asked);
    expect((await call('Hold', asked)).hold_id).toBe(hold_id);
    expect(await failed('Hold', { ...asked, amount: '2' })).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'idempotency_key_reused',
    });
    await call('Release', { hold_id });
    for (const [method, request] of [
      ['Settle', { hold_id, amount: '1' }],
      ['Extend', { hold_id, ttl_seconds: 1 }],
      ['Hold', asked],
    ] as const) {
      expect(await failed(method, request)).toMatchObject({
        code: status.FAILED_PRECONDITION,
        reason: 'hold_ended',
        metadata: { holdId: hold_id, state: 'released' },
      });
    }
    expect(await failed('Release', { hold_id: randomUUID() })).toMatchObject({
      code: status.NOT_FOUND,
      reason: 'not_found',
    });
  });

  async function budgeted(limit: string): Promise<User> {
    const scope = user();
    const id = scope.user.user_id;
    await ledger.http.setBudget(id, `user:${id}`, limit);
    return scope;
  }

  function call(method: string, request: object) {
    return grpc.call('BudgetService', method, request);
  }

  function failed(method: string, request: object) {
    return callGrpc(grpc, 'BudgetService', method, request);
  }
});

import { randomUUID } from 'node:crypto';
import { createTestDatabase, LedgerProcess, waitUntil, type TestDatabase } from '#libs/testing';
import { expectProblem } from './support/expect-problem';

const user = () => ({ type: 'user', userId: randomUUID() });
const accountOf = ({ userId }: { userId: string }) => `user:${userId}`;

describe('holds over HTTP', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('are taken, seen, settled and spent', async () => {
    const scope = user();
    await ledger.http.setBudget(scope.userId, accountOf(scope), '10');
    const taken = await ledger.http.hold(scope, '4', { requestId: 'req-1' });
    expect(taken.status).toBe(201);
    expect(taken.body).toEqual({
      holdId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      amount: '4.00',
      expiresAt: expect.stringMatching(/^[-0-9]+T\d\d:\d\d:\d\dZ$/),
      remainingTtlMs: expect.any(Number),
      state: 'active',
      decision: expect.objectContaining({ allowed: true, message: '', remaining: '10.00' }),
    });
    const { holdId, remainingTtlMs } = taken.body;
    expect(remainingTtlMs).toBeGreaterThanOrEqual(60_000);
    expect(remainingTtlMs).toBeLessThanOrEqual(61_000);
    expect((await ledger.http.check(scope)).body.budgets).toMatchObject([
      { spent: '0.00', held: '4.00', remaining: '6.00', verdict: 'ok' },
    ]);
    expect((await ledger.http.get(`/v1/holds/${holdId}`)).body).toMatchObject({
      ...{ holdId, scope, amount: '4.00', state: 'active', caller: 'anonymous' },
      ...{ requestId: 'req-1', decisionId: null, expiresAt: taken.body.expiresAt },
    });
    const settled = await ledger.http.settle(holdId, '3', { model: 'gpt-5', metadata: { a: 1 } });
    expect([settled.status, settled.body]).toEqual([
      200,
      { source: 'ledger/holds', eventId: holdId, overrun: '0.00', late: false },
    ]);
    const { held, spentAllTime } = (await ledger.http.balance(accountOf(scope))).body;
    expect(Number(held) + Number(spentAllTime)).toBe(3);
    await spent(scope, '3.00');
    expect((await ledger.http.get(`/v1/holds/${holdId}`)).body).toMatchObject({
      state: 'settled',
      remainingTtlMs: 0,
      settledBy: { source: 'ledger/holds', eventId: holdId, amount: '3.00', late: false },
    });
  });

  it('are refused by name, with what is held', async () => {
    const scope = user();
    await ledger.http.setBudget(scope.userId, accountOf(scope), '10');
    await ledger.http.hold(scope, '4');
    const refused = await ledger.http.hold(scope, '7');
    expectProblem(refused, 429, 'budget_exceeded', []);
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(refused.body.decision).toMatchObject({ allowed: false, blockedBy: scope.userId });
    expect(refused.body.detail).toContain('Current cost: 0.00 (+ 4.00 held, 7.00 asked)');
  });

  async function spent(scope: { userId: string }, amount: string): Promise<void> {
    await waitUntil('it is spent', async () => {
      const { body } = await ledger.http.balance(accountOf(scope));
      return body.spentAllTime === amount && body.held === '0.00';
    });
  }
});

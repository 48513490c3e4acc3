import { randomUUID } from 'node:crypto';
import {
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
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
      holdId,
      scope,
      amount: '4.00',
      state: 'active',
      caller: 'anonymous',
      requestId: 'req-1',
      decisionId: null,
      expiresAt: taken.body.expiresAt,
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
    // The hold ends within a minute, and then there is enough.
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.body.decision).toMatchObject({ allowed: false, blockedBy: scope.userId });
    expect(refused.body.detail).toContain('Current cost: 0.00 (+ 4.00 held, 7.00 asked)');
  });

  it('are kept to the budget, all of it and no more, also where it is set later', async () => {
    const scope = { type: 'team', teamId: randomUUID(), userId: randomUUID() };
    const unbudgeted = await ledger.http.hold(scope, '4');
    expect([unbudgeted.status, unbudgeted.body.decision.unbudgeted]).toEqual([201, true]);
    await ledger.http.setBudget(scope.teamId, `team:${scope.teamId}`, '10');
    const { body } = await ledger.http.balance(`team:${scope.teamId}`);
    expect([body.held, body.budgets[0].held]).toEqual(['4.00', '4.00']);
    expect((await ledger.http.hold(scope, '6.01')).status).toBe(429);
    expect((await ledger.http.hold(scope, '6')).status).toBe(201);
    expect((await ledger.http.hold(scope, '0')).status).toBe(201);
  });

  it('are one under one idempotency key, while they live', async () => {
    const scope = user();
    const [key, other] = [{ 'idempotency-key': randomUUID() }, { 'idempotency-key': 'ä' }];
    const first = await ledger.http.hold(scope, '4', {}, key);
    const again = await ledger.http.hold(scope, '4.00', {}, key);
    expect([again.status, again.body.holdId]).toEqual([201, first.body.holdId]);
    expect(again.body.decision).toEqual(first.body.decision);
    expect((await ledger.http.balance(accountOf(scope))).body.held).toBe('4.00');
    for (const more of [{ ttlSeconds: 61 }, { requestId: 'r' }, { amount: '5' }]) {
      const reused = await ledger.http.hold(scope, '4', more, key);
      expectProblem(reused, 422, 'idempotency_key_reused', []);
    }
    const mine = await ledger.http.hold(scope, '4', {}, utf8(other));
    const request = { scope: { user: { user_id: scope.userId } }, amount: '4', ttl_seconds: 60 };
    const grpc = ledger.grpc();
    const same = await grpc.call('BudgetService', 'Hold', { ...request, idempotency_key: 'ä' });
    grpc.close();
    expect(same.hold_id).toBe(mine.body.holdId);
    await ledger.http.release(first.body.holdId);
    expectEnded(await ledger.http.hold(scope, '4', {}, key), 'released');
  });

  it('do not remember a refusal', async () => {
    const scope = user();
    const key = { 'idempotency-key': randomUUID() };
    await ledger.http.setBudget(scope.userId, accountOf(scope), '1');
    expect((await ledger.http.hold(scope, '4', {}, key)).status).toBe(429);
    await ledger.http.setBudget(scope.userId, accountOf(scope), '4');
    expect((await ledger.http.hold(scope, '4', {}, key)).status).toBe(201);
  });

  it('are extended all or not at all', async () => {
    const scope = user();
    await ledger.http.setBudget(scope.userId, accountOf(scope), '10');
    const { holdId, expiresAt } = (await ledger.http.hold(scope, '4')).body;
    const refused = await ledger.http.extend(holdId, { amount: '10.01', ttlSeconds: 3600 });
    expectProblem(refused, 429, 'budget_exceeded', []);
    expect(refused.body.decision).toMatchObject({ allowed: false, blockedBy: scope.userId });
    const still = (await ledger.http.get(`/v1/holds/${holdId}`)).body;
    expect([still.amount, still.expiresAt]).toEqual(['4.00', expiresAt]);
    const extended = await ledger.http.extend(holdId, { amount: '10', ttlSeconds: 3600 });
    expect(extended.body).toMatchObject({ amount: '10.00' });
    expect(extended.body.remainingTtlMs).toBeGreaterThanOrEqual(3_600_000);
    const smaller = await ledger.http.extend(holdId, { amount: '1' });
    expect([smaller.body.amount, smaller.body.expiresAt]).toEqual([
      '1.00',
      extended.body.expiresAt,
    ]);
    expect((await ledger.http.balance(accountOf(scope))).body.held).toBe('1.00');
  });

  it('are listed, the newest first, by account and state, a page at a time', async () => {
    const scope = { type: 'team', teamId: randomUUID(), userId: 'u/1', keyId: randomUUID() };
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift((await ledger.http.hold(scope, '1')).body.holdId);
    await ledger.http.release(ids[1]!);
    for (const account of [`key:${scope.keyId}`, `member:${scope.teamId}/u%2F1`]) {
      expect(await listed({ account })).toEqual([ids, '']);
    }
    expect(await listed({ account: 'user:u%2F1' })).toEqual([[], '']);
    const account = `team:${scope.teamId}`;
    expect(await listed({ account, state: 'released' })).toEqual([[ids[1]], '']);
    const active = ids.filter((id) => id !== ids[1]);
    const [first, pageToken] = await listed({ account, state: 'active', pageSize: '3' });
    expect(first).toEqual(active.slice(0, 3));
    expect(await listed({ account, state: 'active', pageSize: '3', pageToken })).toEqual([
      active.slice(3),
      '',
    ]);
  });

  async function listed(query: Record<string, string>): Promise<[string[], string]> {
    const { body } = await ledger.http.get(`/v1/holds?${String(new URLSearchParams(query))}`);
    return [body.items.map(({ holdId }: { holdId: string }) => holdId), body.nextPageToken];
  }

  async function spent(scope: { userId: string }, amount: string): Promise<void> {
    await waitUntil('it is spent', async () => {
      const { body } = await ledger.http.balance(accountOf(scope));
      return body.spentAllTime === amount && body.held === '0.00';
    });
  }
});

function expectEnded(answer: Answer, state: string): void {
  expectProblem(answer, 409, 'hold_ended', []);
  expect(answer.body.state).toMatch(new RegExp(`^${state}$`));
  expect(answer.body.detail).toMatch(/ake a new hold/);
}

/** What a header carries is bytes. */
function utf8(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name, Buffer.from(text).toString('latin1')]),
  );
}

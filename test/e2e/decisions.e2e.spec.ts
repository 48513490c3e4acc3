import { sql } from 'kysely';
import { createTestDatabase, LedgerProcess, waitUntil, type TestDatabase } from '#libs/testing';

const user = (userId: string) => ({ type: 'user', userId });

describe('kept decisions', () => {
  let db: TestDatabase;
  /** Records and changes budgets as well. */
  let one: LedgerProcess;
  let other: LedgerProcess;
  /** Keeps every answer. */
  let all: LedgerProcess;
  /** Has room for one decision, and writes on stopping only. */
  let small: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url };
    const auth = (more: Record<string, string> = {}) =>
      LedgerProcess.openReady({ app: 'auth', env: { ...env, ...more } });
    one = await LedgerProcess.start({ env });
    [other, all, small] = await Promise.all([
      auth(),
      auth({ RECORD_DECISIONS: 'all' }),
      auth({ DECISION_QUEUE: '1', DECISION_FLUSH: 'PT1H', UNBUDGETED: 'deny' }),
    ]);
  });

  afterAll(async () => {
    for (const ledger of [one, other, all, small]) await ledger.stop();
    await db.drop();
  });

  const decision = (ledger: LedgerProcess, id: string) => ledger.http.get(`/v1/decisions/${id}`);
  const keptAt = async (ledger: LedgerProcess, id: string) => {
    const { status, body } = await decision(ledger, id);
    expect(status).toBe(200);
    return body;
  };
  /** Resolves when a process other than the one that answered knows a decision. */
  const written = (ledger: LedgerProcess, id: string, count = 1) =>
    waitUntil(`the decision is on record ${count} times`, async () => {
      return (await decision(ledger, id)).body.count === count;
    });

  /** A user with a budget of 10.00 that is spent. */
  async function spent(userId: string): Promise<object> {
    await one.http.setBudget(`${userId}-10`, `user:${userId}`, '10.00', { warnAt: ['0.8'] });
    const { body } = await one.http.record(user(userId), '10.00');
    for (const ledger of [one, other, all, small]) {
      expect((await ledger.http.balance(`user:${userId}`, body.position)).status).toBe(200);
    }
    return user(userId);
  }

  it('are found as they were answered, by who gave them at once and by others soon', async () => {
    const scope = await spent('ann');
    const { body } = await one.http.check(scope);
    expect(body).toMatchObject({ allowed: false, decisionId: expect.any(String) });
    const more = { scope, estimate: null, count: 1, lastDecidedAt: body.decidedAt };
    expect(await keptAt(one, body.decisionId)).toEqual({ ...body, ...more });
    expect(await keptAt(other, body.decisionId)).toEqual({ ...body, ...more });

    const estimate = { scope, estimate: '2.5' };
    const refused = await other.http.post('/v1/authorize', estimate);
    expect(refused.status).toBe(429);
    const { decisionId } = refused.body.decision;
    expect(decisionId).not.toBe(body.decisionId);
    await written(one, decisionId);
    expect(await keptAt(one, decisionId)).toEqual({
      ...refused.body.decision,
      ...more,
      estimate: '2.50',
      lastDecidedAt: refused.body.decision.decidedAt,
    });
  });

  it('are kept of gRPC as well', async () => {
    const scope = await spent('bea');
    const grpc = other.grpc();
    const { decision: answer } = await grpc.call('BudgetService', 'Check', {
      scope: { user: { user_id: 'bea' } },
      estimate: '3',
    });
    const allowed = await grpc.call('BudgetService', 'Check', {
      scope: { user: { user_id: 'bea' } },
      estimate: '0',
    });
    grpc.close();
    expect(allowed.decision).toMatchObject({ allowed: true, decision_id: '' });
    expect(await keptAt(other, answer.decision_id)).toMatchObject({
      decisionId: answer.decision_id,
      allowed: false,
      blockedBy: answer.blocked_by,
      message: answer.message,
      remaining: answer.remaining,
      position: answer.position,
      budgets: [{ budgetId: 'bea-10', spent: '10.00', verdict: 'exceeded', warning: '0.8' }],
      scope,
      estimate: '3.00',
    });
  });

  it('are one with a count where they are equal, whichever process refused, by whichever door', async () => {
    const scope = await spent('cai');
    const grpc = other.grpc();
    const request = { scope: { user: { user_id: 'cai' } } };
    const viaGrpc = async () =>
      (await grpc.call('BudgetService', 'Check', request)).decision.decision_id;
    const viaHttp = async (ledger: LedgerProcess) =>
      (await ledger.http.check(scope)).body.decisionId;
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) {
      ids.push(...(await Promise.all([viaHttp(one), viaHttp(other), viaGrpc(), viaHttp(one)])));
    }
    grpc.close();
    const counts = Map.groupBy(ids, (id) => id);
    // The minute may end meanwhile.
    expect([1, 2]).toContain(counts.size);
    for (const [id, given] of counts) await written(all, id, given.length);
  });

  it('are others after a raise: the sentence is another', async () => {
    const scope = await spent('dan');
    const before = (await one.http.check(scope)).body;
    await one.http.setBudget('dan-10', 'user:dan', '9.00');
    const after = (await one.http.check(scope)).body;
    expect(after.decisionId).not.toBe(before.decisionId);
    expect((await keptAt(one, before.decisionId)).budgets[0].limit).toBe('10.00');
    expect((await keptAt(one, after.decisionId)).budgets[0].limit).toBe('9.00');
  });

  it('are every answer where all are to be kept, and only refusals elsewhere', async () => {
    const free = { scope: user('eve'), estimate: '0' };
    const answers = await Promise.all([1, 2].map(() => all.http.post('/v1/check', free)));
    const [first, second] = answers.map(({ body }) => body);
    expect(first).toMatchObject({ allowed: true, decisionId: expect.any(String) });
    expect(second.decisionId).not.toBe(first.decisionId);
    for (const body of [first, second]) {
      const more = { ...free, estimate: '0.00', count: 1, lastDecidedAt: body.decidedAt };
      expect(await keptAt(all, body.decisionId)).toEqual({ ...body, ...more });
    }
    expect((await one.http.post('/v1/check', free)).body.decisionId).toBeNull();
  });

  it.each([
    'e40b5cdd-6ae4-830c-bd8b-dbd53773b316',
    'none',
    '%00',
    'E40B',
    '..%2Fcheck',
    '%F0%9F%92%B8',
  ])('are not found under %s', async (id) => {
    expect(await decision(one, id)).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it('wait for the database alone: checks answer while nothing can be written', async () => {
    const scope = await spent('fay');
    const ledgers = [one, other, all];
    const ids: string[] = [];
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table kept_decision in access exclusive mode`.execute(trx);
      for (let n = 0; n < 20; n++) {
        const answers = await Promise.all(ledgers.map(({ http }) => http.check(scope)));
        ids.push(...answers.map(({ body }) => body.decisionId));
      }
    });
    expect(ids).not.toContain(null);
    for (const [id, given] of Map.groupBy(ids, (each) => each)) {
      await written(small, id, given.length);
    }
  });

  it('are not kept beyond what has room, and what is queued is written on stopping', async () => {
    const scope = user('gus');
    const denied = await small.http.check(scope);
    expect(denied.body).toMatchObject({
      allowed: false,
      unbudgeted: true,
      decisionId: expect.any(String),
    });
    const dropped = await small.http.check(user('hal'));
    expect(dropped.body).toMatchObject({ allowed: false, decisionId: null });
    expect(await metricsOf(small)).toMatch(/^auth_decisions_total\{outcome="kept"\} 1$/m);
    expect(await metricsOf(small)).toMatch(/^auth_decisions_total\{outcome="dropped"\} 1$/m);
    expect(await metricsOf(small)).toMatch(/^auth_decisions_queued 1$/m);

    expect((await decision(one, denied.body.decisionId)).status).toBe(404);
    expect(await small.stop()).toBe(0);
    expect(await keptAt(one, denied.body.decisionId)).toMatchObject({ ...denied.body, scope });
  });

  it('outlive the processes that gave them', async () => {
    await one.http.setBudget('ida-0', 'user:ida', '0');
    const refused = (await one.http.check(user('ida'))).body;
    await written(other, refused.decisionId, 1);
    for (const ledger of [one, other]) await ledger.stop();
    expect(await keptAt(all, refused.decisionId)).toMatchObject(refused);
    const env = { DATABASE_URL: db.url };
    one = await LedgerProcess.start({ env });
    expect(await keptAt(one, refused.decisionId)).toMatchObject(refused);
  });
});

async function metricsOf(ledger: LedgerProcess): Promise<string> {
  return (await fetch(`${ledger.httpUrl}/metrics`)).text();
}

import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  positionOf,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';

const user = (userId: string, keyId?: string) => ({
  type: 'user',
  userId,
  ...(keyId && { keyId }),
});
const PERSONAL = user('alice', 'alice-personal');
const TEAM = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'alice-at-ml' };

describe.each(['Postgres', 'Kafka'] as const)('three processes, their log on %s:', (kind) => {
  const log = logEnvironment(kind);
  let db: TestDatabase;
  let ingest: LedgerProcess;
  let projector: LedgerProcess | undefined;
  let auth: LedgerProcess;
  /** Recorded before there was a projector. */
  const early: Answer[] = [];

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    auth = await LedgerProcess.open({
      app: 'auth',
      env: env({ MAX_LAG: 'PT5S', VISIBLE_WAIT: 'PT1S' }),
    });
    ingest = await LedgerProcess.openReady({ app: 'ingest', env: env({ APPLY_WAIT: 'PT0.5S' }) });
  });

  afterAll(async () => {
    for (const app of [ingest, auth, projector]) await app?.stop();
    await log.remove();
    await db.drop();
  });

  describe('before the projection has ever caught up', () => {
    it('auth is not ready, and answers nobody', async () => {
      expect(await auth.http.get('/readyz')).toMatchObject({
        status: 503,
        body: { checks: { 'catch-up': { ready: false }, postgres: { ready: true } } },
      });
      expect(await auth.http.get('/servez')).toMatchObject({
        status: 503,
        body: { checks: { auth: { ready: false } } },
      });
      expect(await ingest.http.get('/servez')).toMatchObject({
        status: 200,
        body: { checks: { ingest: { ready: true } } },
      });
      const unavailable = { status: 503, body: { code: 'unavailable' } };
      const check = await auth.http.check(PERSONAL);
      expect(check).toMatchObject(unavailable);
      expect(check.headers.get('retry-after')).toBe('1');
      expect(await auth.http.post('/v1/authorize', { scope: PERSONAL })).toMatchObject(unavailable);
      expect(await auth.http.balance('user:alice')).toMatchObject(unavailable);
      const grpc = auth.grpc();
      const scope = { user: { user_id: 'alice' } };
      await expect(grpc.call('BudgetService', 'Check', { scope })).rejects.toMatchObject({
        code: status.UNAVAILABLE,
      });
      grpc.close();
    });

    it('ingest records', async () => {
      for (const amount of ['4.00', '3.92', '4.00']) {
        early.push(await ingest.http.record(PERSONAL, amount));
      }
      expect(early.map((answer) => answer.status)).toEqual([201, 201, 201]);
    });

    it('auth is ready once a projector has caught up', async () => {
      projector = await startProjector();
      await auth.ready();
      const { body } = await auth.http.balance('user:alice', positionOf(early));
      expect(body.spentAllTime).toBe('11.92');
    });
  });

  describe('with all three', () => {
    it('team spend stays out of the personal balance', async () => {
      const budget = await ingest.http.setBudget('alice-200', 'user:alice', '200.00');
      expect(budget).toMatchObject({ status: 201, body: { applied: true } });
      const spent = await ingest.http.record(TEAM, '400.00');
      const minPosition = positionOf([spent]);
      const check = await auth.http.check(PERSONAL, { minPosition });
      expect(check.body).toMatchObject({
        allowed: true,
        budgets: [{ budgetId: 'alice-200', spent: '11.92', remaining: '188.08' }],
        degraded: false,
      });
      const member = await auth.http.balance('member:ml/alice', minPosition);
      expect(member.body.spentAllTime).toBe('400.00');
    });

    it('each serves what is its own, and nothing else', async () => {
      const check = (app: LedgerProcess) => app.http.check(PERSONAL);
      const record = (app: LedgerProcess) => app.http.record({}, '1.00');
      expect((await check(ingest)).status).toBe(404);
      // Events are read there.
      expect((await record(auth)).status).toBe(405);
      for (const ask of [check, record]) expect((await ask(projector!)).status).toBe(404);
      for (const app of [ingest, auth, projector!]) {
        expect((await app.http.get('/openapi.json')).body).toHaveProperty('openapi');
      }
    });

    it('minPosition reads what was just written, over many partitions', async () => {
      const scopes = Array.from({ length: 20 }, (_, n) => user(`user-${n}`, 'shared-key'));
      const answers = await Promise.all(scopes.map((scope) => ingest.http.record(scope, '0.05')));
      const partitions = new Set(answers.map(({ body }) => body.position.split(':')[0]));
      expect(partitions.size).toBeGreaterThan(4);
      const { body } = await auth.http.balance('key:shared-key', positionOf(answers));
      expect(body.spentAllTime).toBe('1.00');
    });
  });

  describe('with the projector gone', () => {
    let late: Answer;

    beforeAll(async () => {
      await ingest.http.setBudget('closed-10', 'user:closed', '10.00');
      await ingest.http.setBudget('open-10', 'user:open', '10.00', { outage: 'open' });
      await ingest.http.setBudget('spent-1', 'user:spent', '1.00', { outage: 'open' });
      const spent = await ingest.http.record(user('spent'), '1.00');
      await auth.http.balance('user:spent', positionOf([spent]));
      expect(await projector?.stop()).toBe(0);
      projector = undefined;
    });

    it('recording goes on, and lag is told', async () => {
      late = await ingest.http.record(user('open'), '3.00');
      expect(late.status).toBe(201);
      // Each partition was caught up at an instant of its own, so each answer comes to lag at its own.
      for (const userId of ['open', 'closed', 'spent']) {
        await waitUntil('the lag is beyond MAX_LAG', async () => {
          return (await auth.http.check(user(userId))).body.degraded;
        });
      }
      const { body } = await auth.http.check(user('open'));
      expect(body.lagMs).toBeGreaterThan(1000);
      const lag = Date.parse(body.decidedAt) - Date.parse(body.asOf);
      expect(Math.abs(lag - body.lagMs)).toBeLessThanOrEqual(1);
      expect((await auth.http.check(user('open'))).body.asOf).toBe(body.asOf);
    });

    it('a closed budget blocks and says why, an open one passes, an exceeded one blocks', async () => {
      const decide = async (userId: string, estimate?: string) => {
        const { status: code, body } = await auth.http.check(user(userId), { estimate });
        expect([code, body.degraded]).toEqual([200, true]);
        return body;
      };
      expect(await decide('closed')).toMatchObject({
        allowed: false,
        blockedBy: 'closed-10',
        message: expect.stringContaining('behind'),
        budgets: [{ verdict: 'ok', spent: '0.00' }],
      });
      expect(await decide('closed', '0')).toMatchObject({ allowed: true });
      expect(await decide('open', '9.00')).toMatchObject({ allowed: true, message: '' });
      expect(await decide('spent')).toMatchObject({
        allowed: false,
        message: 'Budget has been exceeded! User=spent Current cost: 1.00, Max budget: 1.00',
      });
      const authorized = await auth.http.post('/v1/authorize', { scope: user('closed') });
      expect(authorized).toMatchObject({ status: 429, body: { code: 'budget_exceeded' } });
    });

    it('a position that is not projected is refused, not passed over', async () => {
      const minPosition = positionOf([late]);
      const refused = { status: 409, body: { code: 'not_yet_visible' } };
      const check = await auth.http.check(user('open'), { minPosition });
      expect(check).toMatchObject(refused);
      expect(check.headers.get('retry-after')).toBe('1');
      expect(await auth.http.balance('user:open', minPosition)).toMatchObject(refused);
      const grpc = auth.grpc();
      const request = { account: 'user:open', min_position: minPosition };
      await expect(grpc.call('BudgetService', 'GetBalance', request)).rejects.toMatchObject({
        code: status.FAILED_PRECONDITION,
      });
      grpc.close();
    });

    it('a change of a budget is on record, and said to be not yet in force', async () => {
      const changed = await ingest.http.setBudget('open-10', 'user:open', '2.00');
      expect(changed).toMatchObject({ status: 200, body: { applied: false } });
    });

    it('all of it is visible when the projector is back', async () => {
      projector = await startProjector();
      await waitUntil('the change is in force', async () => {
        const { body } = await auth.http.get('/v1/budgets/open-10');
        return body.limit === '2.00';
      });
      const { body } = await auth.http.check(user('open'), { minPosition: positionOf([late]) });
      expect(body).toMatchObject({ allowed: false, budgets: [{ spent: '3.00' }] });
      // Each partition catches up at an instant of its own.
      for (const userId of ['open', 'closed']) {
        await waitUntil('the lag is gone', async () => {
          return !(await auth.http.check(user(userId))).body.degraded;
        });
      }
      expect((await auth.http.check(user('closed'))).body.allowed).toBe(true);
    });
  });

  function env(more: Record<string, string> = {}): Record<string, string> {
    return { DATABASE_URL: db.url, ...log.env, ...more };
  }

  function startProjector(): Promise<LedgerProcess> {
    return LedgerProcess.openReady({ app: 'projector', env: env() });
  }
});

import { status } from '@grpc/grpc-js';
import { waitUntil } from '#libs/testing';
import { OutageLedger, user } from './support/outage-ledger';

const BEHIND = expect.stringContaining('The ledger is behind');
const MINUTES = {
  window: { type: 'every', duration: 'PT1M', anchor: '2026-01-01T00:00:00Z' },
};

describe('checks while Postgres refuses every connection', () => {
  let ledger: OutageLedger;
  let position: string;
  /** When the numbers were last read, by the ledger's clock. */
  let readAt: string;
  /** Of a refusal that could not be written. */
  let decisionId: string;

  beforeAll(async () => {
    // Gone is gone, whatever lag is borne; and when it is back, so much of it is no reason.
    ledger = await OutageLedger.start({ VISIBLE_WAIT: 'PT5S', MAX_LAG: 'PT1H' });
    await ledger.ingest.http.setBudget('key-5', 'key:shared', '5.00');
    await ledger.budget('open', '10.00', '3.00', { outage: 'open' });
    await ledger.budget('spent', '1.00', '1.00', { outage: 'open' });
    await ledger.budget('spent-closed', '1.00', '1.50');
    await ledger.budget('shadow', '1.00', '1.50', { enforce: false });
    await ledger.spend('unbudgeted', '2.00');
    position = await ledger.budget('closed', '10.00', '3.00');
    const both = { type: 'user', userId: 'closed', keyId: 'shared' };
    expect((await ledger.auth.http.check(both)).body.budgets).toHaveLength(2);
    await untilEarlyInAMinute();
    await ledger.budget('minute-open', '1.00', '1.00', { ...MINUTES, outage: 'open' });
    await ledger.budget('minute-closed', '1.00', '1.00', MINUTES);
    expect((await ledger.check('minute-open')).allowed).toBe(false);
    readAt = (await ledger.check('closed')).decidedAt;
    await ledger.postgres.stop();
  });

  afterAll(() => ledger.remove());

  it('a closed budget blocks, and says why', async () => {
    const body = await ledger.check('closed', '1.00');
    expect(body).toMatchObject({
      allowed: false,
      degraded: true,
      blockedBy: 'b-closed',
      message: BEHIND,
      remaining: '7.00',
      unbudgeted: false,
      budgets: [{ budgetId: 'b-closed', spent: '3.00', remaining: '7.00', verdict: 'ok' }],
    });
    decisionId = body.decisionId;
    expect(Date.parse(body.decidedAt)).toBeGreaterThanOrEqual(Date.parse(readAt));
    expect(Date.parse(body.asOf)).toBeLessThanOrEqual(Date.parse(readAt));
    const lag = Date.parse(body.decidedAt) - Date.parse(body.asOf);
    expect(Math.abs(lag - body.lagMs)).toBeLessThanOrEqual(1);
    const later = await ledger.check('closed');
    expect(later.asOf).toBe(body.asOf);
    expect(Date.parse(later.decidedAt)).toBeGreaterThanOrEqual(Date.parse(body.decidedAt));
  });

  it('an open one passes, short or not', async () => {
    const passed = { allowed: true, degraded: true, blockedBy: null, message: '' };
    expect(await ledger.check('open')).toMatchObject(passed);
    expect(await ledger.check('open', '9.00')).toMatchObject({
      ...passed,
      budgets: [{ spent: '3.00', verdict: 'insufficient' }],
    });
  });

  it('an exceeded one blocks with its own text, open or closed', async () => {
    for (const [userId, spent] of [
      ['spent', '1.00'],
      ['spent-closed', '1.50'],
    ] as const) {
      expect(await ledger.check(userId)).toMatchObject({
        allowed: false,
        degraded: true,
        blockedBy: `b-${userId}`,
        message: `Budget has been exceeded! User=${userId} Current cost: ${spent}, Max budget: 1.00`,
      });
    }
  });

  it('a shadow budget blocks nobody, nor does any budget a free call', async () => {
    expect(await ledger.check('shadow')).toMatchObject({ allowed: true, degraded: true });
    expect(await ledger.check('closed', '0')).toMatchObject({ allowed: true, degraded: true });
    expect(await ledger.check('spent', '0')).toMatchObject({ allowed: true, degraded: true });
  });

  it('a scope is decided by all of its accounts', async () => {
    const open = { type: 'user', userId: 'open', keyId: 'shared' };
    const { body } = await ledger.auth.http.check(open);
    expect(body).toMatchObject({ allowed: false, blockedBy: 'key-5', message: BEHIND });
    expect(body.budgets).toHaveLength(2);
  });

  it('what is known to have no budget goes by UNBUDGETED', async () => {
    expect(await ledger.check('unbudgeted')).toMatchObject({
      allowed: true,
      degraded: true,
      unbudgeted: true,
      budgets: [],
    });
  });

  it('a scope of which an account is not known blocks, and says so', async () => {
    const key = { type: 'user', userId: 'open', keyId: 'never-seen' };
    const { body } = await ledger.auth.http.check(key);
    const blocked = {
      allowed: false,
      degraded: true,
      blockedBy: null,
      resetsAt: null,
      remaining: null,
      unbudgeted: false,
      budgets: [],
      message: BEHIND,
    };
    expect(body).toMatchObject(blocked);
    expect(body.message).toContain('key:never-seen');
    expect(body.message).not.toContain('user:open');
    expect(await ledger.check('never-seen', '0')).toMatchObject(blocked);
    expect(body.position).not.toBe('');
  });

  it('authorize says the same by its status', async () => {
    const authorize = (userId: string) =>
      ledger.auth.http.post('/v1/authorize', { scope: user(userId) });
    expect(await authorize('open')).toMatchObject({ status: 200, body: { degraded: true } });
    for (const userId of ['closed', 'spent', 'never-seen']) {
      expect(await authorize(userId)).toMatchObject({
        status: 429,
        body: { code: 'budget_exceeded', decision: { allowed: false, degraded: true } },
      });
    }
  });

  it('gRPC says the same', async () => {
    const grpc = ledger.auth.grpc();
    const check = async (userId: string) => {
      const scope = { user: { user_id: userId } };
      return (await grpc.call('BudgetService', 'Check', { scope })).decision;
    };
    expect(await check('open')).toMatchObject({ allowed: true, degraded: true });
    expect(await check('closed')).toMatchObject({ allowed: false, message: BEHIND });
    expect(await check('never-seen')).toMatchObject({ allowed: false, degraded: true });
    const read = grpc.call('BudgetService', 'GetBalance', { account: 'user:open' });
    await expect(read).rejects.toMatchObject({ code: status.UNAVAILABLE });
    grpc.close();
  });

  it('a position is included, or refused', async () => {
    const asked = (minPosition: string) => ledger.auth.http.check(user('closed'), { minPosition });
    const known = await asked(position);
    expect(known).toMatchObject({ status: 200, body: { degraded: true } });
    const [partition] = position.split(':');
    const refused = await asked(`${known.body.position},${partition}:1000000`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'not_yet_visible' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await asked(known.body.position)).status).toBe(200);
  });

  it('200 at the same instant are all answered', async () => {
    const users = ['open', 'closed', 'spent', 'never-seen'];
    const asked = Array.from({ length: 200 }, (_, n) => users[n % users.length]!);
    const answers = await Promise.all(asked.map((userId) => ledger.check(userId)));
    for (const [n, { allowed, degraded }] of answers.entries()) {
      expect([asked[n], allowed, degraded]).toEqual([asked[n], asked[n] === 'open', true]);
    }
  });

  it('auth is not ready and serves all the same, ingest does neither', async () => {
    const { auth, ingest } = ledger;
    const part = (app: typeof auth, path: string) => app.http.get(path);
    expect(await part(auth, '/readyz')).toMatchObject({ status: 503 });
    expect(await part(auth, '/servez')).toMatchObject({
      status: 200,
      body: { status: 'serving', checks: { auth: { ready: true } } },
    });
    expect(await part(ingest, '/readyz')).toMatchObject({ status: 503 });
    expect(await part(ingest, '/servez')).toMatchObject({
      status: 503,
      body: { status: 'not_serving', checks: { ingest: { ready: false } } },
    });
    for (const [app, services, isServing] of [
      [auth, ['', 'spendledger.v1.BudgetService'], true],
      [ingest, ['', 'spendledger.v1.IngestService', 'spendledger.v1.BudgetAdminService'], false],
    ] as const) {
      const grpc = app.grpc();
      for (const service of services) {
        await waitUntil(
          'health says it',
          async () => (await grpc.isServing(service)) === isServing,
        );
      }
      grpc.close();
    }
  });

  it('operators are told', async () => {
    expect(await ledger.metric('auth_postgres_gone')).toBe(1);
    const counted = 'auth_degraded_checks_total\\{reason="postgres_gone"\\}';
    expect(await ledger.metric(counted)).toBeGreaterThan(200);
  });

  it('a window that has turned is not known to be exceeded: closed blocks, open passes', async () => {
    const turned = async () => {
      const body = await ledger.check('minute-open');
      return body.allowed && Date.parse(body.budgets[0].window.start) > Date.parse(readAt);
    };
    await waitUntil('the window has turned', turned, 90_000);
    expect(await ledger.check('minute-closed')).toMatchObject({
      allowed: false,
      message: BEHIND,
      budgets: [{ spent: '0.00', verdict: 'ok' }],
    });
  });

  it('the next check uses it when it is back', async () => {
    await ledger.postgres.start();
    const body = await ledger.check('closed', '1.00');
    expect(body).toMatchObject({ allowed: true, degraded: false, budgets: [{ spent: '3.00' }] });
    expect(await ledger.metric('auth_postgres_gone')).toBe(0);
    expect(await ledger.auth.http.get(`/v1/decisions/${decisionId}`)).toMatchObject({
      status: 200,
      body: { decisionId, allowed: false, degraded: true, estimate: '1.00', message: BEHIND },
    });
    await ledger.ingest.ready();
    await ledger.projector.ready();
    await ledger.spend('closed', '7.00');
    expect(await ledger.check('closed')).toMatchObject({
      allowed: false,
      budgets: [{ spent: '10.00', verdict: 'exceeded' }],
    });
    expect((await ledger.check('never-seen')).allowed).toBe(true);
  });
});

/** So that what is spent in this minute is read in it. */
async function untilEarlyInAMinute(): Promise<void> {
  await waitUntil('a minute is young', () => new Date().getUTCSeconds() < 40);
}

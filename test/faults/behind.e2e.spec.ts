import { LedgerProcess, positionOf, waitUntil } from '#libs/testing';
import { OutageLedger, user } from './support/outage-ledger';

const MAX_LAG_MS = 3_000;

describe('a projection behind by more than MAX_LAG', () => {
  let ledger: OutageLedger;
  /** Started when the projector was dead. */
  let newcomer: LedgerProcess | undefined;

  beforeAll(async () => {
    ledger = await OutageLedger.start({
      MAX_LAG: 'PT3S',
      VISIBLE_WAIT: 'PT5S',
      // Two users, each with her person, and the ledger.
      LAST_KNOWN_ACCOUNTS: '5',
      UNBUDGETED: 'deny',
    });
    await ledger.budget('open', '10.00', '3.00', { outage: 'open' });
    await ledger.budget('closed', '10.00', '3.00');
    await ledger.budget('spent', '1.00', '1.00', { outage: 'open' });
    const yearly = { window: { type: 'calendar', unit: 'year', zone: 'UTC' } };
    await ledger.budget('closed-year', '10.00', '3.00', yearly);
    await ledger.budget('spent-year', '1.00', '1.00', yearly);
  });

  afterAll(async () => {
    await newcomer?.stop('SIGKILL');
    await ledger.remove();
  });

  it('an idle log is not lag', async () => {
    const { decidedAt } = await ledger.check('closed');
    await waitUntil('it was idle for longer than MAX_LAG', async () => {
      const body = await ledger.check('closed');
      expect(body).toMatchObject({ allowed: true, degraded: false });
      return Date.parse(body.decidedAt) > Date.parse(decidedAt) + 2 * MAX_LAG_MS;
    });
  });

  it('a dead projector is', async () => {
    await ledger.projector.stop('SIGKILL');
    for (const userId of ['open', 'closed', 'spent', 'unbudgeted']) {
      await waitUntil('it is behind', async () => (await ledger.check(userId)).degraded);
    }
    expect(await ledger.check('closed', '1.00')).toMatchObject({
      allowed: false,
      degraded: true,
      blockedBy: 'b-closed',
      message: expect.stringContaining('The ledger is behind'),
      budgets: [{ spent: '3.00', verdict: 'ok' }],
    });
    expect(await ledger.check('closed', '0')).toMatchObject({ allowed: true, degraded: true });
    expect(await ledger.check('open', '9.00')).toMatchObject({ allowed: true, message: '' });
    expect(await ledger.check('spent')).toMatchObject({
      allowed: false,
      message: 'Budget has been exceeded! User=spent Current cost: 1.00, Max budget: 1.00',
    });
    // Postgres answers, so this is known: nobody set a budget.
    expect(await ledger.check('unbudgeted')).toMatchObject({ allowed: false, unbudgeted: true });
    expect(await ledger.metric('auth_degraded_checks_total\\{reason="behind"\\}')).toBeGreaterThan(
      4,
    );
    expect(await ledger.metric('auth_postgres_gone')).toBe(0);
  });

  it('nobody is told to come back at the end of a window that is not what blocks', async () => {
    const authorize = (userId: string) =>
      ledger.auth.http.post('/v1/authorize', { scope: user(userId) });
    const closed = await authorize('closed-year');
    expect(closed).toMatchObject({
      status: 429,
      body: { detail: expect.stringContaining('The ledger is behind') },
    });
    expect(closed.headers.get('retry-after')).toBeNull();
    // How soon it has caught up nobody knows: it may be soon.
    expect(closed.headers.get('x-should-retry')).toBeNull();
    const spent = await authorize('spent-year');
    expect(spent).toMatchObject({ status: 429, body: { decision: { degraded: true } } });
    expect(Number(spent.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('stops no recording', async () => {
    const recorded = await ledger.ingest.http.record(user('open'), '1.00');
    expect(recorded.status).toBe(201);
  });

  it('a process that has not caught up since its start answers nobody, with Postgres or without', async () => {
    const env = { DATABASE_URL: ledger.postgres.url };
    newcomer = await LedgerProcess.open({ app: 'auth', env });
    const unavailable = { status: 503, body: { code: 'unavailable' } };
    expect(await newcomer.http.check(user('open'))).toMatchObject(unavailable);
    await ledger.check('unbudgeted');
    await ledger.check('spent');
    await ledger.check('open');
    await ledger.postgres.stop();
    for (const scope of [user('open'), user('never-seen')]) {
      expect(await newcomer.http.check(scope)).toMatchObject(unavailable);
    }
  });

  it('of more accounts than it remembers the least recently used are forgotten', async () => {
    expect(await ledger.metric('auth_last_known_accounts')).toBe(5);
    expect(await ledger.check('open')).toMatchObject({ allowed: true, degraded: true });
    expect(await ledger.check('spent')).toMatchObject({
      allowed: false,
      message: expect.stringMatching(/^Budget has been exceeded!/),
    });
    expect(await ledger.check('unbudgeted')).toMatchObject({
      allowed: false,
      unbudgeted: false,
      message: expect.stringContaining('user:unbudgeted'),
    });
  });

  it('all is well when both are back', async () => {
    await ledger.postgres.start();
    const env = { DATABASE_URL: ledger.postgres.url };
    const projector = await LedgerProcess.openReady({ app: 'projector', env });
    await newcomer!.ready();
    const recorded = await ledger.ingest.http.record(user('open'), '6.00');
    const minPosition = positionOf([recorded]);
    for (const auth of [ledger.auth, newcomer!]) {
      await waitUntil('nothing is behind', async () => {
        const { body } = await auth.http.check(user('open'), { minPosition });
        return body.degraded === false && body.budgets[0].spent === '10.00';
      });
    }
    await projector.stop();
  });
});

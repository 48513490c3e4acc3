import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import { testDatabaseOptions, waitUntil } from '#libs/testing';
import { OutageLedger } from './support/outage-ledger';

const CONNECTIONS = 4;
const BEHIND = expect.stringContaining('The ledger is behind');
/** Several times what anybody waits for. */
const LONG_MS = 8_000;

describe('checks while Postgres is frozen: it takes every question and answers none', () => {
  let ledger: OutageLedger;
  let database: Database;

  beforeAll(async () => {
    ledger = await OutageLedger.start({
      MAX_LAG: 'PT1H',
      VISIBLE_WAIT: 'PT20S',
      CHECK_TIMEOUT: 'PT0.5S',
      DATABASE_TIMEOUT: 'PT2S',
      DATABASE_CONNECTIONS: String(CONNECTIONS),
    });
    database = new Database(testDatabaseOptions(ledger.postgres.url));
    await ledger.budget('open', '10.00', '3.00', { outage: 'open' });
    await ledger.budget('closed', '10.00', '3.00');
    await ledger.budget('spent', '1.00', '1.00', { outage: 'open' });
  });

  afterAll(async () => {
    await ledger.postgres.thaw();
    await database.close();
    await ledger.remove();
  });

  const expectDegraded = async () => {
    expect(await ledger.check('open')).toMatchObject({ allowed: true, degraded: true });
    expect(await ledger.check('closed')).toMatchObject({ allowed: false, message: BEHIND });
    expect(await ledger.check('spent')).toMatchObject({ allowed: false, degraded: true });
  };

  it('are answered, for as long as it takes, also while other requests wait', async () => {
    await ledger.postgres.freeze();
    // These take all connections, and wait for the server's own limit.
    const reads = Array.from({ length: 2 * CONNECTIONS }, () =>
      ledger.auth.http.get('/v1/budgets').catch(() => undefined),
    );
    const users = ['open', 'closed', 'spent', 'never-seen'];
    const asked = Array.from({ length: 200 }, (_, n) => users[n % users.length]!);
    const answers = await Promise.all(asked.map((userId) => ledger.check(userId)));
    for (const [n, { allowed, degraded }] of answers.entries()) {
      expect([asked[n], allowed, degraded]).toEqual([asked[n], asked[n] === 'open', true]);
    }
    const began = Date.parse(answers[0].decidedAt);
    await waitUntil('it was frozen for long', async () => {
      await expectDegraded();
      const { decidedAt } = await ledger.check('open');
      return Date.parse(decidedAt) > began + LONG_MS;
    });
    expect(await ledger.auth.http.balance('user:open')).toMatchObject({
      status: 503,
      body: { code: 'unavailable' },
    });
    expect(await ledger.auth.http.get('/readyz')).toMatchObject({
      status: 503,
      body: { checks: { postgres: { ready: false } } },
    });
    await ledger.postgres.thaw();
    await Promise.all(reads);
  });

  it('and use it again when it answers, with the numbers of then', async () => {
    await waitUntil('it is asked', async () => !(await ledger.check('closed')).degraded);
    await ledger.spend('closed', '7.00');
    const body = await ledger.check('closed');
    expect(body).toMatchObject({ allowed: false, degraded: false, budgets: [{ spent: '10.00' }] });
    expect(body.message).toMatch(/^Budget has been exceeded!/);
    expect((await ledger.check('never-seen')).allowed).toBe(true);
  });

  it('leaves no connection behind', async () => {
    await waitUntil('no more are open than may be', async () => {
      const { rows } = await sql`
        select from pg_stat_activity where application_name = 'spend-ledger-auth'`.execute(
        database.kysely,
      );
      return rows.length <= CONNECTIONS;
    });
    // All that may be open at once still can.
    const reads = Array.from({ length: 5 * CONNECTIONS }, () =>
      ledger.auth.http.get('/v1/budgets'),
    );
    for (const { status } of await Promise.all(reads)) expect(status).toBe(200);
  });

  it('a table that is locked is waited for no longer either', async () => {
    await ledger.budget('other', '10.00', '3.00');
    await database.kysely.transaction().execute(async (trx) => {
      await sql`lock table user_balance in access exclusive mode`.execute(trx);
      expect(await ledger.check('other')).toMatchObject({ allowed: false, message: BEHIND });
      expect(await ledger.check('open')).toMatchObject({ allowed: true, degraded: true });
    });
    await waitUntil('it is asked', async () => !(await ledger.check('other')).degraded);
    expect(await ledger.check('other')).toMatchObject({ allowed: true, degraded: false });
  });
});

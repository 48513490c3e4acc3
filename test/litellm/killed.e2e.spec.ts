import fc from 'fast-check';
import {
  createTestDatabase,
  LedgerCommand,
  ledgerCommand,
  LedgerProcess,
  waitUntil,
  workloadSeed,
  type TestDatabase,
} from '#libs/testing';
import type { ImportReport } from '../../apps/cli/src/commands/import-litellm/report';
import { balancesIn } from './support/ledger-state';
import { LitellmInTest } from './support/litellm-in-test';

jest.setTimeout(600_000);

const KILLS = 3;
const FOLLOW = ['--follow', '--json'];
const NOW = `date_trunc('milliseconds', now() at time zone 'UTC')`;
const seed = workloadSeed();

describe('an import into a ledger that runs', () => {
  let litellm: LitellmInTest;
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let env: Record<string, string>;

  beforeEach(async () => {
    litellm = await LitellmInTest.create();
    db = await createTestDatabase({ ledger: false });
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    env = { DATABASE_URL: db.url };
  });
  afterEach(async () => {
    await ledger.stop();
    await db.drop();
    await litellm.drop();
  });

  const importLitellm = ['import-litellm', '--from'];
  const startImport = (own: Record<string, string>, ...options: string[]) =>
    LedgerCommand.start({ ...env, ...own }, ...importLitellm, litellm.url, ...options);
  const reportOf = async (...options: string[]): Promise<ImportReport> => {
    const run = await ledgerCommand(env, ...importLitellm, litellm.url, '--json', ...options);
    expect([run.status, run.stderr]).toEqual([0, expect.any(String)]);
    return JSON.parse(run.stdout) as ImportReport;
  };
  const verified = async () => (await ledgerCommand(env, 'verify', '--json')).status;
  const claimed = async () => {
    const { count } = await db.database.kysely
      .selectFrom('event_claim')
      .select(({ fn }) => fn.countAll<bigint>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  };
  const spentBy = async (userId: string) => {
    const { body } = await ledger.http.get(`/v1/balances?account=user:${userId}`);
    return (body as { spentAllTime: string }).spentAllTime;
  };

  it(`comes to the same when it was killed at any moment before (FC_SEED=${seed})`, async () => {
    const stops = fc.sample(fc.integer({ min: 1, max: 590 }), { numRuns: KILLS, seed });
    for (const stop of stops.toSorted((one, other) => one - other)) {
      const run = startImport({ LITELLM_BATCH: '7', LITELLM_BATCHES: '3' });
      await Promise.race([
        run.end(),
        waitUntil(`${stop} events are claimed`, async () => (await claimed()) >= stop, 120_000),
      ]);
      run.child.kill('SIGKILL');
      await run.end();
    }
    const report = await reportOf();
    expect(report.rows.recorded + report.rows.duplicates).toBe(597);
    await waitUntil(
      'all is projected',
      async () => (await spentBy('bob')) === '133.638702848979',
      60_000,
    );
    expect(await verified()).toBe(0);
    const balances = await balancesIn(db.database);
    expect(Object.keys(balances)).toHaveLength(59);
    expect(balances).toMatchObject({
      'user:alice': '13.204079444424',
      'team:ml': '411.640105945374',
      'member:ml alice': '407.229519667702',
    });
    expect((await reportOf()).rows).toMatchObject({ recorded: 0, duplicates: 597 });
  });

  it('judges alice by her own 13.20 and frank by his zero at once', async () => {
    await reportOf();
    await waitUntil(
      'alice’s spends are projected',
      async () => (await spentBy('alice')) === '13.204079444424',
      60_000,
    );
    await waitUntil('the limits are in force', async () => {
      const { body } = await ledger.http.get('/v1/budgets?account=user:frank');
      return (body as { items: unknown[] }).items.length === 1;
    });
    const check = async (userId: string) => {
      const { body } = await ledger.http.post('/v1/check', { scope: { type: 'user', userId } });
      return body as { allowed: boolean; budgets: { spent: string; limit: string }[] };
    };
    expect(await check('alice')).toMatchObject({
      allowed: true,
      budgets: [{ spent: '13.204079444424', limit: '200.00' }],
    });
    expect(await check('frank')).toMatchObject({ allowed: false });
  });

  it('goes on with new rows, also late ones, until it is stopped, and ends well', async () => {
    const run = startImport({ LITELLM_POLL: 'PT0.1S' }, ...FOLLOW);
    const says = (text: string) =>
      waitUntil(`it says "${text}"`, () => run.stderr.includes(text), 60_000);
    await says('All rows are imported; now the new ones.');
    const { rows } = JSON.parse(run.stdout) as ImportReport;
    expect(rows).toMatchObject({ read: 772, recorded: 597 });
    const before = await claimed();
    await litellm.addRow('new', { startTime: NOW, endTime: NOW, spend: '0.5', user: `'newcomer'` });
    await waitUntil('it is recorded', async () => (await claimed()) === before + 1, 60_000);
    await litellm.addRow('late', {
      startTime: `${NOW} - interval '6 h'`,
      endTime: NOW,
      spend: '0.25',
      user: `'newcomer'`,
    });
    await waitUntil(
      'the late one is recorded',
      async () => (await claimed()) === before + 2,
      60_000,
    );
    await waitUntil('both count', async () => (await spentBy('newcomer')) === '0.75', 60_000);
    await says('1 new rows, 0 refused');
    run.child.kill('SIGTERM');
    expect(await run.end()).toBe(0);
  });
});

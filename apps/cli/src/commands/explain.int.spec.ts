import { instantOf, picoOfDecimal, type Scope } from '#libs/ledger';
import {
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import { runCommand } from './ledger-commands.fixture';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const NOW = '2026-04-27T10:00:00Z';
const MARCH = { time: instantOf('2026-03-10T00:00:00Z') };
const APRIL = { time: instantOf('2026-04-10T00:00:00Z') };
const monthly = { type: 'calendar', unit: 'month', zone: 'UTC' };

describe('explaining an account on the command line', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
    await (await TestClock.of(db.database, NOW)).set(instantOf(NOW));
  });
  afterEach(() => db.drop());

  async function record(...records: Parameters<ReturnType<typeof openTestLog>['append']>[0]) {
    const log = openTestLog(db.database);
    await log.append(records);
    await log.close();
    await projectLog(db.database);
  }
  const run = (...args: string[]) => runCommand(db, args);
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).out);

  /** What is in the windows and what is outside comes to what `balance` says. */
  async function expectWhole(...args: string[]): Promise<void> {
    const { windows, outside } = await json('explain', 'user:alice', ...args);
    const { spentAllTime, budgets } = await json('balance', 'user:alice');
    const inWindows = windows.reduce(
      (sum: bigint, { spent }: { spent: string }) => sum + picoOfDecimal(spent),
      0n,
    );
    expect(inWindows + picoOfDecimal(outside?.spent ?? '0')).toBe(picoOfDecimal(spentAllTime));
    for (const { budgetId, spent } of budgets) {
      for (const window of windows) {
        if (window.budgets.includes(budgetId))
          expect(window).toMatchObject({ spent, balance: spent, agrees: true });
      }
    }
  }

  it('tells all time where there is no budget, as the balance does', async () => {
    await record(spendRecord(ALICE, '7.00', MARCH));
    const { out, status } = await run('explain', 'user:alice');
    expect(status).toBe(0);
    expect(out).toContain(
      'user:alice, all time: 7.00 USD in 1 call\nThat is what balances read.\n',
    );
    expect(out).not.toContain('Outside');
    expect((await run('balance', 'user:alice')).out).toContain('7.00');
    await expectWhole();
  });

  it('tells each current window, and in one line what lies outside', async () => {
    await record(
      budgetRecord('month', 1, { account: 'user:alice', window: monthly }),
      spendRecord(ALICE, '7.00', MARCH),
      spendRecord(ALICE, '2.00', APRIL),
    );
    const { out } = await run('explain', 'user:alice');
    expect(out).toContain(
      'to 2026-05-01T00:00:00Z (month): 2.00 USD in 1 call\nThat is what balances and checks read.\n',
    );
    expect(out).toContain('\n\nOutside of this window: 7.00 USD in 1 call.');
    await expectWhole();
    await record(budgetRecord('ever', 1, { account: 'user:alice' }));
    expect((await run('explain', 'user:alice')).out).not.toContain('Outside');
  });

  it.each([
    ['--window', '2026-03'],
    ['--from', '2026-04-01T00:00:00Z'],
  ])(
    'does not say of a window that was asked for (%s %s) that anything else reads it',
    async (...asked) => {
      await record(
        budgetRecord('month', 1, { account: 'user:alice', window: monthly }),
        spendRecord(ALICE, '7.00', MARCH),
        spendRecord(ALICE, '2.00', APRIL),
      );
      const { out } = await run('explain', 'user:alice', ...asked);
      expect(out).toContain('That is what the sums that are kept say.');
      expect(out).toMatch(/Outside of this window: [27]\.00 USD in 1 call\./);
      expect(out).not.toContain('checks read');
      await expectWhole(...asked);
    },
  );

  it('knows nothing of an account that was never seen', async () => {
    const { out } = await run('explain', 'user:alice');
    expect(out).toContain('user:alice, all time: 0.00 USD in 0 calls\nThat is what balances read.');
    await expectWhole();
  });

  it('takes a zone with the month alone', async () => {
    const { refusal } = await run('explain', 'user:alice', '--zone', 'Europe/Berlin');
    expect(refusal).toBe('--zone is of the month in --window: give both, or neither.');
  });
});

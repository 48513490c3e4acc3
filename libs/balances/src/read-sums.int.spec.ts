import {
  formatMoney,
  instantOf,
  parseAccount,
  parseBudget,
  printWindow,
  type Account,
  type Scope,
} from '#libs/ledger';
import { Database } from '#libs/postgres';
import {
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { readSnapshot, readStateOf } from './read-snapshot';

const USER: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const KINDS = ['key:k', 'user:alice', 'team:ml', 'member:ml/alice'];
const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };
const KATHMANDU = { ...MONTH, zone: 'Asia/Kathmandu' };
const WEEKLY = { type: 'every', duration: 'P7D', anchor: '2026-04-27T00:00:00Z' };

/** Around the boundaries of April 2026, each amount a digit of its own. */
const SPENT: [amount: string, time: string][] = [
  ['1.00', '2026-03-31T18:14:59.999999Z'],
  ['20.00', '2026-03-31T18:15:00Z'],
  ['300.00', '2026-04-01T00:00:00Z'],
  ['4000.00', '2026-04-30T18:15:00Z'],
  ['50000.00', '2026-04-30T23:59:59.999999Z'],
  ['600000.00', '2026-05-01T00:00:00Z'],
];

describe('what was spent in a window', () => {
  let db: TestDatabase;
  const clocks: Database[] = [];

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(async () => {
    for (const database of clocks.splice(0)) await database.close();
    await db.drop();
  });

  const spend = (scope: Scope) =>
    record(...SPENT.map(([amount, time]) => spendRecord(scope, amount, { time: instantOf(time) })));

  it.each(KINDS)('of %s is the sum of its events from the start up to the end', async (name) => {
    await spend(USER);
    await spend(TEAM);
    await record(
      budgetRecord('all-time', 1, { account: name }),
      budgetRecord('every', 1, { account: name, window: WEEKLY }),
      budgetRecord('kathmandu', 1, { account: name, window: KATHMANDU }),
      budgetRecord('month', 1, { account: name, window: MONTH }),
    );
    const times = name === 'key:k' ? 2n : 1n;
    const at = async (time: string) =>
      (await statesAt(time, name)).map(({ spent }) => spent / times);
    expect(await at('2026-04-15T00:00:00Z')).toEqual([654321n, 0n, 320n, 54300n]);
    expect(await at('2026-04-30T23:00:00Z')).toEqual([654321n, 654000n, 654000n, 54300n]);
    expect(await at('2026-05-01T00:00:01Z')).toEqual([654321n, 654000n, 654000n, 600000n]);
    expect(await at('2026-03-31T18:00:00Z')).toEqual([654321n, 321n, 1n, 21n]);
  });

  it('counts a late event in the window of its own time', async () => {
    await record(budgetRecord('month', 1, { account: 'user:alice', window: MONTH }));
    await record(spendRecord(USER, '7.00', { time: instantOf('2026-05-02T00:00:00Z') }));
    const late = {
      time: instantOf('2026-04-30T12:00:00Z'),
      recordedAt: instantOf('2026-05-02T00:00:01Z'),
    };
    await record(spendRecord(USER, '80.00', late));
    expect(await statesAt('2026-05-02T01:00:00Z', 'user:alice')).toMatchObject([{ spent: 7n }]);
    expect(await statesAt('2026-04-30T13:00:00Z', 'user:alice')).toMatchObject([{ spent: 80n }]);
  });

  it('of a key is summed over all partitions that feed it', async () => {
    const scopes: Scope[] = [
      ...['alice', 'bob', 'carol', 'dave'].map((userId) => ({ ...USER, userId })),
      ...['ml', 'web', 'ops'].map((teamId) => ({ ...TEAM, teamId })),
      { type: 'key', keyId: 'k' },
    ];
    const records = scopes.flatMap((scope) =>
      SPENT.map(([amount, time]) => spendRecord(scope, amount, { time: instantOf(time) })),
    );
    expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(4);
    await record(...records, budgetRecord('month', 1, { account: 'key:*', window: MONTH }));
    expect(await statesAt('2026-04-15T00:00:00Z', 'key:k')).toMatchObject([
      { spent: 54300n * BigInt(scopes.length) },
    ]);
  });

  it('under a default is each account’s own, and of several accounts in one snapshot', async () => {
    await spend(USER);
    await spend({ type: 'user', userId: 'bob' });
    await record(
      budgetRecord('each-user', 1, { account: 'user:*', window: MONTH }),
      budgetRecord('key-month', 1, { account: 'key:*', window: KATHMANDU }),
    );
    const states = await statesAt(
      '2026-04-15T00:00:00Z',
      'user:alice',
      'key:k',
      'user:bob',
      'user:carol',
    );
    expect(states.map(({ budgetId, spent }) => [budgetId, spent])).toEqual([
      ['each-user', 54300n],
      ['key-month', 320n],
      ['each-user', 54300n],
      ['each-user', 0n],
    ]);
    expect(states[0]).toMatchObject({
      window: { start: '2026-04-01T00:00:00Z', end: '2026-05-01T00:00:00Z' },
    });
  });

  it('is right at once when a budget gets another window, and before it is set', async () => {
    await spend(USER);
    await record(budgetRecord('b', 1, { account: 'user:alice', window: MONTH }));
    const april = '2026-04-15T00:00:00Z';
    expect(await statesAt(april, 'user:alice')).toMatchObject([{ spent: 54300n }]);
    const changed = { account: 'user:alice', limit: '1', window: KATHMANDU };
    const budget = parseBudget('b', changed);
    if (!budget.ok) throw new Error('not a budget');
    const account = accountOf('user:alice');
    const state = await readStateOf(databaseAt(april), budget.value, account, TEST_PARTITIONS);
    expect(formatMoney(state.spentPico)).toBe('320.00');
    await record(budgetRecord('b', 2, changed));
    expect(await statesAt(april, 'user:alice')).toMatchObject([{ spent: 320n }]);
  });

  async function record(...records: Parameters<ReturnType<typeof openTestLog>['append']>[0]) {
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
  }

  /** The database on a clock that shows this time. */
  function databaseAt(time: string): Database {
    const clockOffsetMs = Date.parse(time) - Date.now();
    const database = new Database({ ...db.options, maxConnections: 2, clockOffsetMs });
    clocks.push(database);
    return database;
  }

  /** What was spent of the budgets of accounts, in whole dollars. */
  async function statesAt(time: string, ...names: readonly string[]) {
    const accounts = new Map(names.map((name) => [name, accountOf(name)]));
    const snapshot = await readSnapshot(databaseAt(time), accounts, TEST_PARTITIONS);
    return [...accounts.values()]
      .flatMap((account) => snapshot.statesOf(account))
      .map(({ budget, spentPico, window }) => ({
        budgetId: budget.budgetId,
        spent: spentPico / 10n ** 12n,
        window: printWindow(window),
      }));
  }
});

function accountOf(name: string): Account {
  const account = parseAccount(name, 'account');
  if (!account.ok) throw new Error(`not an account: ${name}`);
  return account.value;
}

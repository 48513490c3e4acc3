import { parseBudget, partitionOfBudget, printBudget } from '#libs/ledger';
import { claimBudgetRevision } from '#libs/recording';
import { createTestDatabase, TEST_PARTITIONS, type TestDatabase } from '#libs/testing';
import { findBudget } from '#libs/wire';
import { applyAll, importFrom, type ImportRun } from './support/import-in-test';
import { LitellmInTest } from './support/litellm-in-test';

const LIMITS_ALONE = '--no-spend';
const WINDOWS = {
  total: { type: 'total' },
  day: { type: 'calendar', unit: 'day', zone: 'UTC', startHour: 0 },
  week: { type: 'calendar', unit: 'week', zone: 'UTC', startDay: 1, startHour: 0 },
  month: { type: 'calendar', unit: 'month', zone: 'UTC', startDay: 1, startHour: 0 },
};
const every = (duration: string, anchor: string) => ({ type: 'every', duration, anchor });

/** What the fixture's limits are here: account, limit, window. */
const EXPECTED: readonly (readonly [string, string, object])[] = [
  ['user:alice', '200.00', WINDOWS.total],
  ['user:auth0|7f3', '3.00', WINDOWS.week],
  ['user:bob', '200.00', WINDOWS.month],
  ['user:dave', '0.10', WINDOWS.total],
  ['user:frank', '0.00', WINDOWS.total],
  ['user:gina', '5.00', every('PT48H', '2026-11-29T00:00:00Z')],
  ['user:josé@x.org', '50.00', every('P14D', '2026-11-30T00:00:00Z')],
  ['user:zed%2F50%25', '10.00', WINDOWS.day],
  ['team:ml', '100.00', WINDOWS.month],
  ['team:night', '20.00', every('PT6H', '2026-11-30T00:00:00Z')],
  ['team:night', '8.00', WINDOWS.day],
  ['team:odd%2Fteam%251', '7.00', WINDOWS.month],
  ['team:ops', '50.00', WINDOWS.week],
  ['member:ops/*', '2.00', WINDOWS.day],
  ['member:ml/erin', '0.50', WINDOWS.total],
  ['key:30dfdae5dd', '0.05', WINDOWS.total],
  ['key:3120d4804c', '5.00', WINDOWS.month],
  ['key:5703cc4037', '0.05', WINDOWS.total],
  ['key:5a02c82cf0', '2.00', WINDOWS.day],
  ['key:63e7fca455', '4.00', every('PT1H', '2026-11-30T04:00:00Z')],
  ['key:8ba5118f81', '30.00', WINDOWS.month],
  ['key:c515ec895b', '1.00', WINDOWS.day],
  ['key:c515ec895b', '9.00', WINDOWS.month],
];

describe('LiteLLM’s limits', () => {
  let litellm: LitellmInTest;
  let db: TestDatabase;

  beforeEach(async () => {
    litellm = await LitellmInTest.create();
    db = await createTestDatabase();
  });
  afterEach(async () => {
    await db.drop();
    await litellm.drop();
  });

  const runImport = async (...options: string[]): Promise<ImportRun> => {
    await applyAll(db);
    const run = await importFrom(litellm, db, LIMITS_ALONE, ...options);
    await applyAll(db);
    return run;
  };
  const inForce = async () => {
    const rows = await db.database.kysely.selectFrom('budget_in_force').selectAll().execute();
    return rows
      .filter(({ definition }) => definition !== null)
      .map(({ budget_id: id, definition }) => printBudget(findBudget(id, definition!)!));
  };
  const revisions = () =>
    db.database.kysely.selectFrom('budget_revision').selectAll().orderBy('revision').execute();
  const outcomeOf = ({ report }: ImportRun, budgetId: string) =>
    report.budgets.filter((budget) => budget.budgetId === budgetId).map(({ outcome }) => outcome);
  const setAs = async (caller: string, revision: number, budgetId: string, limit: string) => {
    const budget = parseBudget(budgetId, {
      account: 'user:alice',
      limit,
      window: { type: 'total' },
    });
    if (!budget.ok) throw new Error(budget.errors[0]!.message);
    const partition = partitionOfBudget(budgetId, TEST_PARTITIONS);
    const change = { budgetId, revision, budget: budget.value };
    await claimBudgetRevision(db.database, { change, partition, caller });
    await applyAll(db);
  };

  it('are budgets in force, with the windows that LiteLLM resets by', async () => {
    const { status, report } = await runImport();
    expect(status).toBe(0);
    const found = (await inForce()).map(({ account, limit, window }) => [
      account.startsWith('key:') ? account.slice(0, 14) : account,
      limit,
      window,
    ]);
    const byText = (one: unknown, other: unknown) =>
      JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
    expect(found.sort(byText)).toEqual(EXPECTED.map((each) => [...each]).sort(byText));
    expect(report.rows.read).toBe(0);
    expect(report.users).toEqual([]);
    expect(report.notMoved.map(({ kind, id, what }) => [kind, id.slice(0, 10), what])).toEqual([
      ['user', 'erin', 'budget_duration'],
      ['team', 'ml', 'model_max_budget'],
      ['key', '1eaa13c342', 'budget_duration'],
      ['key', 'd7ffee29df', 'expires'],
      ['key', 'd7ffee29df', 'max_budget'],
      ['endUser', 'cust-1', 'max_budget'],
    ]);
  });

  it('say of each window whether it is LiteLLM’s own', async () => {
    const { report } = await runImport('--timezone', 'Europe/Berlin');
    const faithful = new Map(report.budgets.map((budget) => [budget.account, budget.faithful]));
    expect(faithful.get('user:gina')).toBe('approximate');
    expect(faithful.get('user:josé@x.org')).toBe('approximate');
    expect(faithful.get('team:ml')).toBe('exact');
  });

  it('make no revision a second time, nor when LiteLLM names a later reset', async () => {
    await runImport();
    const before = await revisions();
    await litellm.run(`
      update "LiteLLM_UserTable" set budget_reset_at = budget_reset_at + interval '14 d' where user_id = 'josé@x.org';
      update "LiteLLM_TeamTable" set budget_reset_at = budget_reset_at + interval '18 h' where team_id = 'night'`);
    const again = await runImport();
    expect(again.report.budgets.map(({ outcome }) => outcome)).toEqual(
      Array<string>(EXPECTED.length).fill('unchanged'),
    );
    expect(await revisions()).toEqual(before);
    await litellm.run(
      `update "LiteLLM_UserTable" set max_budget = 51 where user_id = 'josé@x.org'`,
    );
    await runImport();
    expect((await inForce()).find(({ account }) => account === 'user:josé@x.org')).toMatchObject({
      limit: '51.00',
      window: every('P14D', '2026-11-30T00:00:00Z'),
    });
  });

  it('are claimed once where no projector runs, and wait for it where they change', async () => {
    await importFrom(litellm, db, LIMITS_ALONE);
    const again = await importFrom(litellm, db, LIMITS_ALONE);
    expect(outcomeOf(again, 'litellm:user:alice')).toEqual(['unchanged']);
    await litellm.run(`update "LiteLLM_UserTable" set max_budget = 201 where user_id = 'alice'`);
    const changed = await importFrom(litellm, db, LIMITS_ALONE);
    expect(changed.status).toBe(1);
    expect(changed.report.refusals).toMatchObject([{ id: 'litellm:user:alice', rule: 'changing' }]);
    expect(outcomeOf(await runImport(), 'litellm:user:alice')).toEqual(['set']);
    expect((await inForce()).find(({ account }) => account === 'user:alice')!.limit).toBe('201.00');
  });

  it('leave a budget alone that an administrator has changed since', async () => {
    await runImport();
    await setAs('fiona', 2, 'litellm:user:alice', '500');
    await litellm.run(`update "LiteLLM_UserTable" set max_budget = 201 where user_id = 'alice'`);
    expect(outcomeOf(await runImport(), 'litellm:user:alice')).toEqual(['left']);
    expect((await inForce()).find(({ account }) => account === 'user:alice')!.limit).toBe('500.00');
    expect((await runImport('--source', 'litellm-eu')).report.budgets).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ account: 'user:bob', outcome: 'unchanged' }),
      ]),
    );
  });

  it('leave the limits alone that another LiteLLM has brought', async () => {
    await runImport();
    await litellm.run(`update "LiteLLM_UserTable" set max_budget = 7 where user_id = 'bob'`);
    expect(outcomeOf(await runImport('--source', 'litellm-eu'), 'litellm:user:bob')).toEqual([
      'left',
    ]);
  });

  it('that were raised for a time are lower again when that is over', async () => {
    await litellm.run(`
      update "LiteLLM_BudgetTable" set temp_budget_increase = 2, temp_budget_expiry = '2999-01-01' where budget_id = 'tier-5'`);
    const tier = async () =>
      (await inForce()).find(({ account }) => account.startsWith('key:3120d4804c'));
    await runImport();
    expect(await tier()).toMatchObject({ limit: '7.00', validUntil: '2999-01-01T00:00:00Z' });
    const [id] = (await revisions())
      .filter(({ account }) => account?.startsWith('key:3120d4804c'))
      .map(({ budget_id: budgetId }) => budgetId);
    expect(outcomeOf(await runImport(), id!)).toEqual(['unchanged', 'unchanged']);
    await litellm.run(`update "LiteLLM_BudgetTable" set temp_budget_expiry = '2026-01-01'`);
    expect(outcomeOf(await runImport(), id!)).toEqual(['set']);
    expect(await tier()).toMatchObject({ limit: '5.00' });
    expect(await tier()).not.toHaveProperty('validUntil');
  });

  it('would be set, says a dry run, and sets none', async () => {
    const { report } = await runImport('--dry-run');
    expect(report.budgets).toHaveLength(EXPECTED.length);
    expect(report.budgets.every(({ outcome }) => outcome === 'set')).toBe(true);
    expect(await revisions()).toEqual([]);
  });
});

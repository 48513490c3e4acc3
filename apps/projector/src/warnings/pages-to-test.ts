import {
  pageCoveredAccounts,
  pageWarningBudgets,
  targetsEverOf,
  warningBudgetsNamed,
  type AfterAccount,
  type WarningBudget,
} from '#libs/balances';
import {
  formatAccount,
  isDefaultTarget,
  parseAccount,
  type Account,
  type BudgetTarget,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import type { Touched } from './touched-accounts';

type Accounts = ReadonlyMap<string, Account>;

export interface TestSource {
  readonly database: Database;
  /** How many the ledger has. */
  readonly partitions: number;
}

/** The accounts that what was touched can have brought to a share, in pages; some may come twice. */
export async function* pagesToTest(
  source: TestSource,
  touched: Touched,
  size: number,
): AsyncGenerator<Accounts> {
  if ((await pageWarningBudgets(source.database, undefined, 1)).length === 0) return;
  for (const page of slices([...touched.accounts], size)) yield new Map(page);
  for (const page of slices([...touched.budgets], size)) {
    yield* accountsOfBudgets(source, page, size);
  }
  if (touched.partitions.size > 0) yield* accountsOfPartitions(source, touched.partitions, size);
}

/** A change of a budget touches each account that it is set on, or was, and all that a default is for. */
async function* accountsOfBudgets(
  source: TestSource,
  budgetIds: readonly string[],
  size: number,
): AsyncGenerator<Accounts> {
  const targets = await targetsEverOf(source.database, budgetIds);
  for (const page of slices(targets, size)) yield ownAccounts(page);
  for (const { target } of await warningBudgetsNamed(source.database, budgetIds)) {
    if (isDefaultTarget(target)) yield* covered(source, target, allOf(source), size);
  }
}

async function* accountsOfPartitions(
  source: TestSource,
  partitions: ReadonlySet<number>,
  size: number,
): AsyncGenerator<Accounts> {
  let budgets: readonly WarningBudget[];
  let last: WarningBudget | undefined;
  do {
    budgets = await pageWarningBudgets(source.database, last, size);
    last = budgets.at(-1);
    yield ownAccounts(budgets.map(({ target }) => target));
    for (const { target, partition } of budgets) {
      if (!isDefaultTarget(target)) continue;
      // Other partitions' accounts are their projectors', unless it is the budget that may not have been tested.
      const where = partitions.has(partition) ? allOf(source) : [...partitions];
      yield* covered(source, target, where, size);
    }
  } while (budgets.length === size);
}

async function* covered(
  { database }: TestSource,
  target: BudgetTarget,
  partitions: readonly number[],
  size: number,
): AsyncGenerator<Accounts> {
  let after: AfterAccount | undefined;
  do {
    const page = await pageCoveredAccounts(database, target, partitions, after, size);
    yield new Map(page.accounts.map((account) => [formatAccount(account), account]));
    after = page.last;
  } while (after !== undefined);
}

function ownAccounts(targets: readonly BudgetTarget[]): Accounts {
  const accounts = new Map<string, Account>();
  for (const target of targets) {
    if (isDefaultTarget(target)) continue;
    const account = parseAccount(target, 'account');
    if (account.ok) accounts.set(target, account.value);
  }
  return accounts;
}

function allOf({ partitions }: TestSource): readonly number[] {
  return Array.from({ length: partitions }, (_, partition) => partition);
}

function* slices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

import { sql } from 'kysely';
import {
  readLimitRevisions,
  readSnapshot,
  warningBudgetsOn,
  type Snapshot,
  type WarningBudget,
} from '#libs/balances';
import {
  formatInstant,
  formatMoney,
  formatPosition,
  partitionOfAccount,
  printBudget,
  warningsOf,
  type Account,
  type Budget,
  type BudgetState,
  targetsOf,
} from '#libs/ledger';
import type { TestSource } from './pages-to-test';

/** A share that an account has reached, whether or not that is known already. */
interface Reached {
  readonly budget: WarningBudget;
  readonly state: BudgetState;
  /** The account's one string. */
  readonly name: string;
  readonly share: string;
  readonly position: string;
}

/**
 * Reads accounts anew, and keeps a warning of each share that they have reached and nobody has warned of.
 * @returns how many were kept
 */
export async function keepWarnings(
  source: TestSource,
  accounts: ReadonlyMap<string, Account>,
): Promise<number> {
  const { database, partitions } = source;
  const targets = [...accounts].flatMap(([name, account]) => targetsOf(account, name));
  const budgets = await warningBudgetsOn(database, [...new Set(targets)]);
  if (budgets.length === 0) return 0;
  const canWarn = new Set(budgets.map(({ target }) => target));
  const concerned = [...accounts].filter(([name, account]) =>
    targetsOf(account, name).some((target) => canWarn.has(target)),
  );
  const snapshot = await readSnapshot(database, new Map(concerned), partitions);
  const byId = new Map(budgets.map((budget) => [budget.budgetId, budget]));
  const reached = concerned.flatMap(([name, account]) =>
    reachedBy(source, snapshot, account, name, byId),
  );
  return reached.length === 0 ? 0 : insert(source, reached);
}

function reachedBy(
  { partitions }: TestSource,
  snapshot: Snapshot,
  account: Account,
  name: string,
  budgets: ReadonlyMap<string, WarningBudget>,
): Reached[] {
  return snapshot.statesOf(account, name).flatMap((state) => {
    const shares = warningsOf(state);
    const budget = budgets.get(state.budget.budgetId);
    // A budget that changed since it was asked for is tested after that change, whose revision is then known.
    if (shares.length === 0 || !budget || !isSame(budget.budget, state.budget)) return [];
    const position = positionOf(snapshot, account, budget, partitions);
    return shares.map((share) => ({ budget, state, name, share, position }));
  });
}

function isSame(a: Budget, b: Budget): boolean {
  return a === b || JSON.stringify(printBudget(a)) === JSON.stringify(printBudget(b));
}

function positionOf(
  { position }: Snapshot,
  account: Account,
  budget: WarningBudget,
  partitions: number,
): string {
  const own = partitionOfAccount(account, partitions);
  if (own === undefined) return formatPosition(position);
  const feeding = [own, budget.partition];
  return formatPosition(
    new Map([...position].filter(([partition]) => feeding.includes(partition))),
  );
}

/** Rows in the order of their key: two who insert the same ones wait for each other, and never crosswise. */
async function insert({ database }: TestSource, reached: readonly Reached[]): Promise<number> {
  const budgets = new Map(reached.map(({ budget }) => [budget.budgetId, budget]));
  const limitRevisions = await readLimitRevisions(database, [...budgets.values()]);
  const rows = reached
    .filter(({ budget }) => limitRevisions.has(budget.budgetId))
    .map((row) => ({ ...row, key: JSON.stringify([row.budget.budgetId, row.name, row.share]) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const column = <T>(of: (row: Reached) => T): T[] => rows.map(of);
  const timeOf = (time: bigint | null) => (time === null ? null : formatInstant(time));
  const { numAffectedRows = 0n } = await sql`
    insert into warning (
      budget_id, account, limit_revision, window_start, window_end, share, limit_amount, spent, position)
    select * from unnest(
      ${column(({ budget }) => budget.budgetId)}::text[],
      ${column(({ name }) => name)}::text[],
      ${column(({ budget }) => limitRevisions.get(budget.budgetId)!)}::int[],
      ${column(({ state }) => timeOf(state.window.start))}::timestamptz[],
      ${column(({ state }) => timeOf(state.window.end))}::timestamptz[],
      ${column(({ share }) => share)}::numeric[],
      ${column(({ state }) => formatMoney(state.budget.limitPico!))}::numeric[],
      ${column(({ state }) => formatMoney(state.spentPico))}::numeric[],
      ${column(({ position }) => position)}::text[])
    on conflict do nothing`.execute(database.kysely);
  return Number(numAffectedRows);
}

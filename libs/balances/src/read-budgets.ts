import type { Budget } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { readBudget } from '#libs/wire';

/** A budget's revision as the projection has it. */
export interface StoredBudget {
  readonly revision: number;
  /** `null`: removed. */
  readonly budget: Budget | null;
  /** Where the next reader of its partition stands once it has it. */
  readonly partition: number;
  readonly nextOffset: bigint;
}

/** The revision of a budget that is in force, removal included. */
export async function readBudgetInForce(
  database: Database,
  budgetId: string,
  partition: number,
): Promise<StoredBudget | undefined> {
  const row = await selectFrom(database, 'budget_in_force')
    .where('partition', '=', partition)
    .where('budget_id', '=', budgetId)
    .executeTakeFirst();
  return row && storedBudget(row);
}

/** One revision, in force or not. */
export async function readBudgetRevision(
  database: Database,
  budgetId: string,
  revision: number,
  partition: number,
): Promise<StoredBudget | undefined> {
  const row = await selectFrom(database, 'budget_revision')
    .where('partition', '=', partition)
    .where('budget_id', '=', budgetId)
    .where('revision', '=', revision)
    .executeTakeFirst();
  return row && storedBudget(row);
}

/** The highest revision the projection knows, zero for none. */
export async function readLastRevision(
  database: Database,
  budgetId: string,
  partition: number,
): Promise<number> {
  const row = await database.kysely
    .selectFrom('budget_revision')
    .select(({ fn }) => fn.max('revision').as('last'))
    .where('partition', '=', partition)
    .where('budget_id', '=', budgetId)
    .executeTakeFirst();
  return row?.last ?? 0;
}

/** How many budgets in force an account, or a default target, has beside one; counted up to `most`. */
export async function countOtherBudgets(
  { kysely }: Database,
  { account, budgetId, most }: Pick<Budget, 'account' | 'budgetId'> & { readonly most: number },
): Promise<number> {
  const rows = await kysely
    .selectFrom('budget_in_force')
    .select('revision')
    .where('account', '=', account)
    .where('budget_id', '<>', budgetId)
    .limit(most)
    .execute();
  return rows.length;
}

/** The budgets in force that have these ids, in their order. */
export async function listBudgetsOf(
  database: Database,
  ids: readonly string[],
): Promise<StoredBudget[]> {
  const rows = await selectFrom(database, 'budget_in_force')
    .where('account', 'is not', null)
    .where('budget_id', 'in', ids)
    .orderBy('budget_id')
    .execute();
  return rows.map(storedBudget);
}

/** The budgets in force in the order of their ids, of one target or of all; after an id, at most so many. */
export async function listBudgets(
  database: Database,
  filter: { readonly account?: string; readonly afterId?: string; readonly limit: number },
): Promise<StoredBudget[]> {
  let query = selectFrom(database, 'budget_in_force').where('account', 'is not', null);
  if (filter.account !== undefined) query = query.where('account', '=', filter.account);
  if (filter.afterId !== undefined) query = query.where('budget_id', '>', filter.afterId);
  const rows = await query.orderBy('budget_id').limit(filter.limit).execute();
  return rows.map(storedBudget);
}

function selectFrom(database: Database, revisions: 'budget_revision' | 'budget_in_force') {
  return database.kysely
    .selectFrom(revisions)
    .select(['partition', 'budget_id', 'revision', 'definition', 'log_offset']);
}

function storedBudget(row: {
  partition: number;
  budget_id: string;
  revision: number;
  definition: string | null;
  log_offset: bigint;
}): StoredBudget {
  return {
    revision: row.revision,
    budget: row.definition === null ? null : readBudget(row.budget_id, row.definition),
    partition: row.partition,
    nextOffset: row.log_offset + 1n,
  };
}

import { sql } from 'kysely';
import type { Budget } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { readBudget } from './budget-cache';

/** A budget's revision as the projection has it. */
export interface StoredBudget {
  readonly revision: number;
  /** `null`: removed. */
  readonly budget: Budget | null;
  /** Where the next reader of its partition stands once it has it. */
  readonly partition: number;
  readonly nextOffset: bigint;
}

export const IN_FORCE = sql<boolean>`
  (valid_until is null or valid_until > ledger_now()) and not exists (
    select from budget_revision higher
    where higher.partition = budget_revision.partition
      and higher.budget_id = budget_revision.budget_id
      and higher.revision > budget_revision.revision
      and (higher.valid_until is null or higher.valid_until > ledger_now()))`;

/** The revision of a budget that is in force, removal included. */
export async function readBudgetInForce(
  database: Database,
  budgetId: string,
  partition: number,
): Promise<StoredBudget | undefined> {
  const row = await selectRevisions(database)
    .where('partition', '=', partition)
    .where('budget_id', '=', budgetId)
    .where(IN_FORCE)
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
  const row = await selectRevisions(database)
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

/** The budgets in force in the order of their ids, of one target or of all; after an id, at most so many. */
export async function listBudgets(
  database: Database,
  filter: { readonly account?: string; readonly afterId?: string; readonly limit: number },
): Promise<StoredBudget[]> {
  let query = selectRevisions(database)
    .where('account', 'is not', null)
    .where('superseded', '=', false)
    .where(IN_FORCE);
  if (filter.account !== undefined) query = query.where('account', '=', filter.account);
  if (filter.afterId !== undefined) query = query.where('budget_id', '>', filter.afterId);
  const rows = await query.orderBy('budget_id').limit(filter.limit).execute();
  return rows.map(storedBudget);
}

function selectRevisions(database: Database) {
  return database.kysely
    .selectFrom('budget_revision')
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

import { sql, type SelectQueryBuilder } from 'kysely';
import {
  formatInstant,
  instantOf,
  type Budget,
  type BudgetTarget,
  type Instant,
} from '#libs/ledger';
import type { Database, Tables } from '#libs/postgres';
import { readBudget } from '#libs/wire';

/** A budget in force that can warn: it has a limit and shares of it to warn at. */
export interface WarningBudget {
  readonly partition: number;
  readonly budgetId: string;
  readonly revision: number;
  readonly target: BudgetTarget;
  readonly budget: Budget;
}

/** Those set on these targets: by an index that has no other budgets in it. */
export async function warningBudgetsOn(
  database: Database,
  targets: readonly BudgetTarget[],
): Promise<WarningBudget[]> {
  return read(database, (query) => query.where(sql<boolean>`account = any(${targets})`));
}

/** Those of these ids. */
export async function warningBudgetsNamed(
  database: Database,
  budgetIds: readonly string[],
): Promise<WarningBudget[]> {
  return read(database, (query) => query.where(sql<boolean>`budget_id = any(${budgetIds})`));
}

/** A page of all of them by target and id. @param after the last one of the page before */
export async function pageWarningBudgets(
  database: Database,
  after: WarningBudget | undefined,
  limit: number,
): Promise<WarningBudget[]> {
  const beyond = sql<boolean>`(account, budget_id) > (${after?.target}, ${after?.budgetId})`;
  return read(database, (query) =>
    (after ? query.where(beyond) : query).orderBy('account').orderBy('budget_id').limit(limit),
  );
}

/** What any revision of these budgets was set on: an account that one leaves may fall under a default. */
export async function targetsEverOf(
  database: Database,
  budgetIds: readonly string[],
): Promise<BudgetTarget[]> {
  const rows = await database.kysely
    .selectFrom('budget_revision')
    .select('account')
    .distinct()
    .where(sql<boolean>`budget_id = any(${budgetIds})`)
    .where('account', 'is not', null)
    .execute();
  return rows.map(({ account }) => account!);
}

/** The budgets of which a revision has ended since an instant, so that the former one is in force again. */
export async function budgetsEndedSince(
  database: Database,
  since: Instant | undefined,
): Promise<{
  readonly now: Instant;
  readonly budgets: readonly [partition: number, id: string][];
}> {
  const { rows } = await sql<{ now: string; partition: number | null; budget_id: string }>`
    with clock as materialized (select ledger_now() as now)
    select distinct now, partition, budget_id from clock
    left join budget_revision on valid_until <= now
      and valid_until > ${since === undefined ? null : formatInstant(since)}::timestamptz`.execute(
    database.kysely,
  );
  return {
    now: instantOf(rows[0]!.now),
    budgets: rows.flatMap(({ partition, budget_id }) =>
      partition === null ? [] : [[partition, budget_id]],
    ),
  };
}

const COLUMNS = ['partition', 'budget_id', 'revision', 'account', 'definition'] as const;
type Query = SelectQueryBuilder<
  Tables,
  'budget_in_force',
  Pick<Tables['budget_in_force'], (typeof COLUMNS)[number]>
>;

async function read(
  database: Database,
  narrowed: (query: Query) => Query,
): Promise<WarningBudget[]> {
  const all = database.kysely
    .selectFrom('budget_in_force')
    .select(COLUMNS)
    .where(sql<boolean>`can_warn(definition)`);
  const rows = await narrowed(all).execute();
  return rows.map((row) => ({
    partition: row.partition,
    budgetId: row.budget_id,
    revision: row.revision,
    target: row.account!,
    budget: readBudget(row.budget_id, row.definition!),
  }));
}

import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import type { WarningBudget } from './warning-budgets';

/**
 * By budget the revision, up to its given one, at which the limit last changed to what it is: in comparison with what
 * was in force when it was recorded. Left out is a budget whose earlier revisions are not all projected yet; they will
 * be, for each was claimed, and what they say could be another answer.
 */
export async function readLimitRevisions(
  database: Database,
  budgets: readonly WarningBudget[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ budget_id: string; changed_at: number }>`
    select asked.budget_id, change.changed_at
    from unnest(
      ${budgets.map(({ partition }) => partition)}::int[],
      ${budgets.map(({ budgetId }) => budgetId)}::text[],
      ${budgets.map(({ revision }) => revision)}::int[]) as asked (partition, budget_id, revision)
    join budget_revision b using (partition, budget_id, revision)
    cross join lateral (
      select r.revision as changed_at from budget_revision r
      where r.partition = b.partition and r.budget_id = b.budget_id and r.revision <= b.revision
        and ${limitOf('r')} = ${limitOf('b')}
        and ${limitOf('r')} is distinct from (
          select ${limitOf('before')} from budget_revision before
          where before.partition = r.partition and before.budget_id = r.budget_id
            and before.revision < r.revision
            and (before.valid_until is null or before.valid_until > r.recorded_at)
          order by before.revision desc limit 1)
      order by r.revision desc limit 1) change
    cross join lateral (select greatest(change.changed_at - 1, 1) as first) needed
    where b.revision - needed.first + 1 = (
      select count(*) from budget_revision r
      where r.partition = b.partition and r.budget_id = b.budget_id
        and r.revision between needed.first and b.revision)`.execute(database.kysely);
  return new Map(rows.map((row) => [row.budget_id, row.changed_at]));
}

/** As it was written: null for none, and no value at all where the revision removes the budget. */
function limitOf(revision: string) {
  return sql`(${sql.ref(`${revision}.definition`)}::jsonb -> 'limit')`;
}

import { sql, type Transaction } from 'kysely';
import { formatInstant, printBudget } from '#libs/ledger';
import type { Tables } from '#libs/postgres';
import type { BudgetRemoved, BudgetSet } from '#libs/wire';
import type { Known } from './plan-batch';

/** Keeps every revision; the highest one in force wins, in whatever order the log has them. */
export async function writeBudgetRevisions(
  trx: Transaction<Tables>,
  partition: number,
  changes: readonly Known<BudgetSet | BudgetRemoved>[],
): Promise<void> {
  const rows = changes.map((change) => ({
    partition,
    revision: change.revision,
    superseded: false,
    log_offset: change.offset,
    recorded_at: formatInstant(change.recordedAt),
    known_at: formatInstant(change.knownAt),
    caller: change.caller,
    ...settingsOf(change),
  }));
  await trx
    .insertInto('budget_revision')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await sql`
    update budget_revision lower set superseded = true
    where partition = ${partition} and budget_id = any(${rows.map((row) => row.budget_id)})
      and not superseded
      and exists (
        select from budget_revision higher
        where higher.partition = lower.partition and higher.budget_id = lower.budget_id
          and higher.revision > lower.revision and higher.valid_until is null)`.execute(trx);
}

function settingsOf(change: BudgetSet | BudgetRemoved): {
  budget_id: string;
  account: string | null;
  definition: string | null;
  valid_until: string | null;
} {
  if (change.kind === 'budget_removed') {
    return { budget_id: change.budgetId, account: null, definition: null, valid_until: null };
  }
  const { budget } = change;
  const { budgetId, ...definition } = printBudget(budget);
  return {
    budget_id: budgetId,
    account: budget.account,
    definition: JSON.stringify(definition),
    valid_until: definition.validUntil ?? null,
  };
}

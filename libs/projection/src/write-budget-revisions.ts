import { formatInstant, printBudget } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import type { BudgetRemoved, BudgetSet } from '#libs/wire';
import type { Known } from './plan-batch';

const INSERT: PreparedStatement = {
  name: 'write-budget-revisions',
  text: `
    insert into budget_revision (
      partition, budget_id, revision, account, definition, valid_until,
      log_offset, recorded_at, known_at, caller, superseded)
    select $1::int, given.*, false
    from unnest(
      $2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[],
      $7::bigint[], $8::timestamptz[], $9::timestamptz[], $10::text[]) as given
    on conflict do nothing`,
};

const SUPERSEDE: PreparedStatement = {
  name: 'supersede-budget-revisions',
  text: `
    update budget_revision lower set superseded = true
    where partition = $1 and budget_id = any($2) and not superseded
      and exists (
        select from budget_revision higher
        where higher.partition = lower.partition and higher.budget_id = lower.budget_id
          and higher.revision > lower.revision and higher.valid_until is null)`,
};

/** Keeps every revision; the highest one in force wins, in whatever order the log has them. */
export async function writeBudgetRevisions(
  client: Prepared,
  partition: number,
  changes: readonly Known<BudgetSet | BudgetRemoved>[],
): Promise<void> {
  const settings = changes.map(settingsOf);
  const budgetIds = settings.map(({ budgetId }) => budgetId);
  await client.prepared(INSERT, [
    partition,
    budgetIds,
    changes.map(({ revision }) => revision),
    settings.map(({ account }) => account),
    settings.map(({ definition }) => definition),
    settings.map(({ validUntil }) => validUntil),
    changes.map(({ offset }) => offset),
    changes.map(({ recordedAt }) => formatInstant(recordedAt)),
    changes.map(({ knownAt }) => formatInstant(knownAt)),
    changes.map(({ caller }) => caller),
  ]);
  await client.prepared(SUPERSEDE, [partition, budgetIds]);
}

function settingsOf(change: BudgetSet | BudgetRemoved): {
  budgetId: string;
  account: string | null;
  definition: string | null;
  validUntil: string | null;
} {
  if (change.kind === 'budget_removed') {
    return { budgetId: change.budgetId, account: null, definition: null, validUntil: null };
  }
  const { budget } = change;
  const { budgetId, ...definition } = printBudget(budget);
  return {
    budgetId,
    account: budget.account,
    definition: JSON.stringify(definition),
    validUntil: definition.validUntil ?? null,
  };
}

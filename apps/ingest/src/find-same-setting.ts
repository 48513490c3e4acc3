import { readBudgetRevision, type StoredBudget } from '#libs/balances';
import { isSameSetting, type Budget } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { isBudgetRevisionClaimed } from '#libs/recording';

/** A budget as the projection has it: what is in force, and the number of its last revision. */
export interface Standing {
  readonly last: number;
  readonly current: StoredBudget | undefined;
}

/** A revision on record that has settings. */
export type StoredSetting = StoredBudget & { readonly budget: Budget };

/**
 * The revision that says already what is asked for: the one in force, or the last one where its `validUntil` has passed.
 * There is none once a later revision is claimed: a caller who comes after it has to win over it.
 */
export async function findSameSetting(
  database: Database,
  budget: Budget,
  { last, current }: Standing,
  partition: number,
): Promise<StoredSetting | undefined> {
  const highest = Math.max(last, current?.revision ?? 0);
  const same =
    settingAs(budget, current) ??
    (current?.revision === highest
      ? undefined
      : settingAs(budget, await readBudgetRevision(database, budget.budgetId, highest, partition)));
  if (!same || (await isBudgetRevisionClaimed(database, budget.budgetId, highest + 1))) {
    return undefined;
  }
  return same;
}

function settingAs(asked: Budget, stored: StoredBudget | undefined): StoredSetting | undefined {
  return stored?.budget && isSameSetting(asked, stored.budget)
    ? (stored as StoredSetting)
    : undefined;
}

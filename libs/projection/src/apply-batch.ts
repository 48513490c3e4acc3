import type { Instant } from '#libs/ledger';
import type { Database, Prepared } from '#libs/postgres';
import { allLabels } from '#libs/wire';
import { accountWindows } from './account-windows';
import type { BalanceChange } from './balance-change';
import { passFence, type Fence } from './fence';
import type { Plan } from './plan-batch';
import { holdFactsOf, restoreClaims, type RestoresHeld } from './restore-claims';
import { writeAdjustments } from './write-adjustments';
import { writeBalances } from './write-balances';
import { writeBuckets } from './write-buckets';
import { writeBudgetRevisions } from './write-budget-revisions';
import { writePriceBooks } from './write-price-books';
import { writeQuarantine } from './write-quarantine';
import { writeSpendEvents } from './write-spend-events';

const NONE: ReadonlySet<string> = new Set();
const NOT_ADJUSTED = { entries: [], orphans: new Set<bigint>() };
const ORPHAN = 'data.adjusts: no spend of this name is before it in its partition';

export type Applied =
  | {
      readonly outcome: 'applied';
      /** What was added to balances; an event that was on record adds nothing. */
      readonly entries: readonly BalanceChange[];
      /** How many events had lost their claims. */
      readonly restored: number;
    }
  | { readonly outcome: 'fenced' };

/**
 * Writes what a batch comes to, in one transaction: all of it and the next offset, or nothing. The tables are written
 * in the order below, each by one statement in the order of its key, so that no two transactions lock crosswise.
 */
export async function applyBatch(
  database: Database,
  fence: Fence,
  batch: {
    readonly plan: Plan;
    readonly nextOffset: bigint;
    readonly caughtUpAt: Instant | undefined;
    /** Most windows whose sums the batch computes anew. */
    readonly maxWindowSums: number;
    /** Given where the database may have lost the claims of the records, and what these took: they are made again. */
    readonly restoring?: RestoresHeld | undefined;
    /** Asked behind the fence; false: balances and buckets are summed later, out of the events. */
    readonly keepsSums?: (client: Prepared) => Promise<boolean>;
  },
): Promise<Applied> {
  const { plan, nextOffset, caughtUpAt, restoring, maxWindowSums } = batch;
  const { keepsSums = () => Promise.resolve(true) } = batch;
  return database.atomically(async (client) => {
    if (!(await passFence(client, fence, { nextOffset, knownAt: plan.knownAt, caughtUpAt }))) {
      return { outcome: 'fenced' };
    }
    const { partition } = fence;
    const restored = restoring ? await restoreClaims(client, partition, plan, restoring) : NONE;
    const added =
      plan.spends.length > 0 ? await writeSpendEvents(client, partition, plan.spends) : [];
    const adjusted =
      plan.adjustments.length > 0
        ? await writeAdjustments(client, partition, plan.adjustments)
        : NOT_ADJUSTED;
    const entries = [...added.map(asCounted), ...adjusted.entries];
    if (entries.length > 0 && (await keepsSums(client))) {
      const offsets = { partition, from: fence.nextOffset, to: nextOffset };
      await writeBuckets(client, offsets);
      const windows = await accountWindows(client, partition, entries, maxWindowSums);
      await writeBalances(client, offsets, windows);
      await restoring?.settle(client, holdFactsOf([...added, ...plan.adjustments], restored));
    }
    if (plan.budgetChanges.length > 0) {
      await writeBudgetRevisions(client, partition, plan.budgetChanges);
    }
    if (plan.prices.length > 0) await writePriceBooks(client, partition, plan.prices);
    const quarantined = [...plan.quarantined, ...orphansOf(plan, adjusted.orphans)];
    if (quarantined.length > 0) await writeQuarantine(client, quarantined);
    return { outcome: 'applied', entries, restored: restored.size };
  });
}

/** With the labels that were filled in when it was recorded. */
function asCounted({ spend, ledgerLabels }: Plan['spends'][number]): BalanceChange {
  const labels = allLabels(spend.labels, ledgerLabels);
  return labels === spend.labels ? spend : { ...spend, ...(labels && { labels }) };
}

/** Corrections of no known spend are set aside, so that they do not look as if they had been applied. */
function orphansOf({ adjustments }: Plan, offsets: ReadonlySet<bigint>): Plan['quarantined'] {
  return adjustments
    .filter(({ offset }) => offsets.has(offset))
    .map(({ record }) => ({ record, reason: ORPHAN }));
}

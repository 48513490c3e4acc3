import type { Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { accountWindows } from './account-windows';
import { passFence, type Fence } from './fence';
import type { Plan } from './plan-batch';
import { restoreTaken } from './restore-taken';
import { writeBalances } from './write-balances';
import { writeBuckets } from './write-buckets';
import { writeBudgetRevisions } from './write-budget-revisions';
import { writeClaims } from './write-claims';
import { writeQuarantine } from './write-quarantine';
import { writeSpendEvents } from './write-spend-events';

const NONE: ReadonlySet<string> = new Set();

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
    /** How many partitions the ledger has. */
    readonly partitions: number;
    /** The records are older than the ledger's database, and so are their claims and what they took. */
    readonly restoreClaims?: boolean;
  },
): Promise<'applied' | 'fenced'> {
  const { plan, nextOffset, caughtUpAt, partitions, restoreClaims = false, maxWindowSums } = batch;
  return database.atomically(async (client) => {
    if (!(await passFence(client, fence, { nextOffset, knownAt: plan.knownAt, caughtUpAt }))) {
      return 'fenced';
    }
    const { partition } = fence;
    const restored = restoreClaims ? await writeClaims(client, partition, plan) : NONE;
    if (plan.spends.length > 0) {
      const added = await writeSpendEvents(client, partition, plan.spends);
      const offsets = { partition, from: fence.nextOffset, to: nextOffset };
      await writeBuckets(client, offsets);
      const windows = await accountWindows(client, partition, added, maxWindowSums);
      await writeBalances(client, offsets, windows);
      if (restored.size > 0) await restoreTaken(client, partitions, added, restored);
    }
    if (plan.budgetChanges.length > 0) {
      await writeBudgetRevisions(client, partition, plan.budgetChanges);
    }
    if (plan.quarantined.length > 0) await writeQuarantine(client, plan.quarantined);
    return 'applied';
  });
}

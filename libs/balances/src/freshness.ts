import { millisBetween, partitionOfAccount, type Account, type Instant } from '#libs/ledger';
import type { Snapshot } from './snapshot';

/** What says how fresh the numbers of an account are. */
export type Dated = Pick<Snapshot, 'now' | 'fences' | 'budgetPartitionsOf'>;

/** Up to when an answer is complete, and how long ago that is. */
export interface Freshness {
  /** `undefined`: a partition that feeds the answer has never caught up. */
  readonly asOf: Instant | undefined;
  readonly lagMs: number;
}

/**
 * The oldest of the partitions that feed an answer: the owner's, all of them for a key, and those its budgets come from.
 */
export function freshnessOf(
  snapshot: Dated,
  accounts: Iterable<Account>,
  partitions: number,
): Freshness {
  const feeding = new Set<number>();
  for (const account of accounts) {
    const partition = partitionOfAccount(account, partitions);
    if (partition === undefined) return oldest(snapshot, snapshot.fences.keys());
    feeding.add(partition);
    for (const budgetPartition of snapshot.budgetPartitionsOf(account))
      feeding.add(budgetPartition);
  }
  return oldest(snapshot, feeding);
}

function oldest(snapshot: Dated, feeding: Iterable<number>): Freshness {
  let asOf = snapshot.now;
  for (const partition of feeding) {
    const caughtUpAt = snapshot.fences.get(partition)?.caughtUpAt;
    if (caughtUpAt === undefined)
      return { asOf: undefined, lagMs: millisBetween(0n, snapshot.now) };
    if (caughtUpAt < asOf) asOf = caughtUpAt;
  }
  return { asOf, lagMs: millisBetween(asOf, snapshot.now) };
}

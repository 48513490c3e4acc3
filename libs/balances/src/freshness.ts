import { millisBetween, type Instant } from '#libs/ledger';
import type { Snapshot } from './snapshot';

/** What says how fresh the numbers of a snapshot are. */
export type Dated = Pick<Snapshot, 'now' | 'fences'>;

/** Up to when an answer is complete, and how long ago that is. */
export interface Freshness {
  /** `undefined`: a partition that feeds the answer has never caught up. */
  readonly asOf: Instant | undefined;
  readonly lagMs: number;
}

/**
 * The oldest of all partitions, whichever hold the spends: an answer rests on the limits in force as well, and a
 * partition that is not read to its end may hold a change of any limit.
 */
export function freshnessOf({ now, fences }: Dated, partitions: number): Freshness {
  let asOf = now;
  for (let partition = 0; partition < partitions; partition++) {
    const caughtUpAt = fences.get(partition)?.caughtUpAt;
    if (caughtUpAt === undefined) return { asOf: undefined, lagMs: millisBetween(0n, now) };
    if (caughtUpAt < asOf) asOf = caughtUpAt;
  }
  return { asOf, lagMs: millisBetween(asOf, now) };
}

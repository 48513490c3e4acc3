import { setTimeout as sleep } from 'node:timers/promises';
import { formatInstant, type Instant } from '#libs/ledger';
import type { Database, Prepared, PreparedStatement } from '#libs/postgres';
import { leaveMarks } from './leave-marks';

export interface ReachOptions {
  readonly waitMs: number;
  readonly pollMs: number;
  /** The partitions that had not come so far when a reading looked. */
  readonly behind?: readonly number[];
  /** Marks lie in the outbox, from where ingest appends them. */
  readonly onMarked?: () => void;
  /** Asked before marks are left; they stay in the log for ever. */
  readonly mayMark?: () => boolean;
  readonly stopped?: AbortSignal;
}

/**
 * Waits until every partition has come to an instant: what is recorded later is known after it. Where nothing happens, a
 * mark makes it so. @returns the partitions that have not come so far in time
 */
export async function reachKnownAt(
  database: Database,
  knownAt: Instant,
  { waitMs, pollMs, onMarked, mayMark = () => true, stopped, ...known }: ReachOptions,
): Promise<readonly number[]> {
  const deadline = performance.now() + waitMs;
  let behind = known.behind ?? (await partitionsBefore(database, knownAt));
  for (;;) {
    if (behind.length === 0 || performance.now() >= deadline || stopped?.aborted) return behind;
    if (mayMark() && (await leaveMarks(database, behind, knownAt)) > 0) onMarked?.();
    await sleep(pollMs);
    behind = await partitionsBefore(database, knownAt);
  }
}

const BEFORE: PreparedStatement = {
  name: 'partitions-before-known-at',
  text: `
    select partition from projection_partition
    where known_at is null or known_at < $1
    order by partition`,
};

/** Those that have not come to an instant: something could still be recorded in them as known before it. */
async function partitionsBefore(client: Prepared, knownAt: Instant): Promise<number[]> {
  const rows = await client.prepared<readonly [number]>(BEFORE, [formatInstant(knownAt)]);
  return rows.map(([partition]) => partition);
}

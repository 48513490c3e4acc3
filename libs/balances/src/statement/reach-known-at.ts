import { setTimeout as sleep } from 'node:timers/promises';
import { formatInstant, type Instant } from '#libs/ledger';
import { leaveInOutbox, type Database } from '#libs/postgres';
import { eventKeyOf, MARKS_SOURCE, writeMark } from '#libs/wire';

/** Nobody but the ledger says how far its own knowledge is. */
const CALLER = 'ledger';

export interface ReachOptions {
  readonly waitMs: number;
  readonly pollMs: number;
  readonly stopped?: AbortSignal;
}

/**
 * Waits until every partition has known what was recorded up to an instant: nothing that comes later is known at it or
 * before. A partition in which nothing happens gets a mark with that time.
 * @returns the partitions that have not reached it in time
 */
export async function reachKnownAt(
  database: Database,
  at: Instant,
  { waitMs, pollMs, stopped }: ReachOptions,
): Promise<readonly number[]> {
  const deadline = performance.now() + waitMs;
  let behind = await partitionsBefore(database, at);
  if (behind.length > 0) await leaveMarks(database, at, behind);
  while (behind.length > 0 && performance.now() < deadline && stopped?.aborted !== true) {
    await sleep(pollMs);
    behind = await partitionsBefore(database, at);
  }
  return behind;
}

async function partitionsBefore({ kysely }: Database, at: Instant): Promise<number[]> {
  const rows = await kysely
    .selectFrom('projection_partition')
    .select('partition')
    .where((where) =>
      where.or([where('known_at', 'is', null), where('known_at', '<', formatInstant(at))]),
    )
    .orderBy('partition')
    .execute();
  return rows.map(({ partition }) => partition);
}

async function leaveMarks(
  database: Database,
  at: Instant,
  partitions: readonly number[],
): Promise<void> {
  const record = writeMark(at, CALLER);
  const eventKey = eventKeyOf({ source: MARKS_SOURCE, id: formatInstant(at) });
  await database.atomically((client) =>
    leaveInOutbox(
      client,
      partitions.map((partition) => ({ eventKey, partition, record })),
    ),
  );
}

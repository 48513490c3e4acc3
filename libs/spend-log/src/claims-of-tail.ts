import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '#libs/ledger';
import { claimedKeys, type Database } from '#libs/postgres';
import { keyOfFact, readEvent, type SpendRules } from '#libs/wire';
import { readKnownEnds } from './known-ends';
import type { Batch, BatchLimits, PartitionFence, PartitionReader, SpendLog } from './spend-log';

/**
 * `missing`: the database lacks the claim of a record, so it is older than the log. `unreadable`: that cannot be said.
 */
export type ClaimsOfTail = 'complete' | 'missing' | 'unreadable';

export interface TailParts {
  readonly database: Database;
  readonly log: Pick<SpendLog, 'consumeAlone'>;
  readonly rules: SpendRules;
}

/** For the start of a process that finds it. */
export const OLDER_THAN_ITS_LOG =
  'This database is older than its log on Kafka: it is a backup of before, or was made anew. Nothing is recorded before the projector has read that log to its end and has made its claims again. Spends, corrections and budgets come back with it. What stood in the database alone and came after the backup does not: holds that were taken, extended or released, with their idempotency keys; kept decisions; closed months; batches of corrections that were not committed; credentials, and with them revocations: revoke them again.';

const LIMITS: BatchLimits = { records: 1000, bytes: 4 * 1024 * 1024 };
const POLL_MS = 20;

/** Looks whether the database has the claims of all records between what it knows of the log and these ends of it. */
export async function findClaimsOfTail(
  parts: TailParts,
  ends: Position,
  stopped: AbortSignal,
): Promise<ClaimsOfTail | undefined> {
  const reader = new TailReader(parts, await readKnownEnds(parts.database), ends);
  if (reader.found !== undefined) return reader.found;
  const consumption = await parts.log.consumeAlone(reader, LIMITS);
  try {
    while (reader.found === undefined && !stopped.aborted) {
      if (consumption.states().some(({ halted }) => halted !== undefined)) return 'unreadable';
      await sleep(POLL_MS, undefined, { signal: stopped }).catch(() => undefined);
    }
    return reader.found;
  } finally {
    await consumption.stop();
  }
}

class TailReader implements PartitionReader {
  found: ClaimsOfTail | undefined;
  private readonly next: Map<number, bigint>;

  constructor(
    private readonly parts: TailParts,
    known: Position,
    private readonly ends: Position,
  ) {
    this.next = new Map(
      [...ends].map(([partition, end]) => [partition, least(known, partition, end)]),
    );
    this.conclude();
  }

  fence(partition: number): Promise<PartitionFence> {
    return Promise.resolve({ partition, epoch: 0n, nextOffset: this.next.get(partition) ?? 0n });
  }

  async apply({ fence: { partition }, records }: Batch): Promise<'applied'> {
    const keys = records
      .filter(({ offset }) => offset < this.ends.get(partition)!)
      .flatMap((record) => {
        const read = readEvent(record, this.parts.rules);
        return read.ok && read.value.kind !== 'log_marked' ? [keyOfFact(read.value)] : [];
      });
    const claimed = await claimedKeys(this.parts.database, keys);
    if (keys.some((key) => !claimed.has(key))) this.found = 'missing';
    this.next.set(partition, records.at(-1)!.offset + 1n);
    this.conclude();
    return 'applied';
  }

  caughtUp(): Promise<readonly number[]> {
    return Promise.resolve([]);
  }

  private conclude(): void {
    const isRead = [...this.ends].every(([partition, end]) => this.next.get(partition)! >= end);
    if (isRead) this.found ??= 'complete';
  }
}

/** Where to read on: nothing of a partition that is known to its end. */
function least(known: Position, partition: number, end: bigint): bigint {
  const upTo = known.get(partition) ?? 0n;
  return upTo < end ? upTo : end;
}

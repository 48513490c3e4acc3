import type { Consumption, NewRecord, SpendLog } from '#libs/spend-log';
import { waitUntil } from '#libs/testing';
import type { ReaderStore } from './reader-store';

/** What an adapter gives to the contract: a new, empty log of 12 partitions. */
export interface LogUnderTest {
  /**
   * Opens the log as another process would; the readers of all of them share the partitions.
   * @param lease how long a reader that gives no sign of life keeps its partitions: `short` runs out within a spec's
   * patience, `long` does not
   */
  open(lease: Lease): Promise<SpendLog>;
  /** Ends a process without a farewell. */
  kill(log: SpendLog): Promise<void>;
  /** A process stops as in its sleep, as far as others can tell; its code runs on. */
  freeze(log: SpendLog): void;
  thaw(log: SpendLog): void;
  /** Writes a record and keeps it from its readers, as a slow appender does. */
  readonly hold?: (record: NewRecord) => Promise<HeldAppend>;
  /** Destroys a record. */
  readonly lose?: (partition: number, offset: bigint) => Promise<void>;
  /** Ends all that is open and removes the log. */
  remove(): Promise<void>;
}

/** What a spec can do to the insides of a log; what it cannot, that log's own specs do in another way. */
export interface Interference {
  readonly hold: boolean;
  readonly lose: boolean;
}

export type Lease = 'short' | 'long';
export type MakeLog = () => Promise<LogUnderTest>;

export interface HeldAppend {
  /** Resolves once an append of somebody else waits for this one. */
  isWaitedFor(): Promise<void>;
  commit(): Promise<void>;
}

export const PARTITIONS = Array.from({ length: 12 }, (_, partition) => partition);

export function textRecord(partition: number, text: string): NewRecord {
  return { partition, headers: { ce_id: text }, value: Buffer.from(text) };
}

export function textRecords(partition: number, ...texts: readonly string[]): NewRecord[] {
  return texts.map((text) => textRecord(partition, text));
}

/** Waits until the readers of a store have all that the log holds now. */
export async function untilRead(store: ReaderStore, log: SpendLog): Promise<void> {
  const ends = await log.endOffsets();
  await waitUntil('the readers have all of the log', () =>
    [...ends].every(([partition, end]) => store.nextOffset(partition) === end),
  );
}

/** Waits until readers hold so many partitions each, all of them and none twice. */
export async function untilShared(
  consumptions: readonly Consumption[],
  ...counts: readonly number[]
): Promise<void> {
  await waitUntil(`${consumptions.length} readers hold ${counts.join(', ')} partitions`, () => {
    const held = consumptions.map((each) => each.states().map(({ partition }) => partition));
    return (
      new Set(held.flat()).size === PARTITIONS.length &&
      held.every(({ length }, index) => length === counts[index])
    );
  });
}

import type { Instant, Position } from '#libs/ledger';
import type { LogRecord, RecordBytes } from '#libs/wire';

export interface NewRecord extends RecordBytes {
  readonly partition: number;
}

/** A partition that is a reader's: the epoch that fences its former reader, and where it reads on. */
export interface PartitionFence {
  readonly partition: number;
  readonly epoch: bigint;
  readonly nextOffset: bigint;
}

/** Records of one partition in order, without gaps, the first one at the fence's `nextOffset`. */
export interface Batch {
  readonly fence: PartitionFence;
  readonly records: readonly LogRecord[];
  /** With this batch the reader has all that the log held at this instant of the database's clock. */
  readonly caughtUpAt: Instant | undefined;
}

/** Most of one partition in one batch. */
export interface BatchLimits {
  readonly records: number;
  /** A single larger record still comes. */
  readonly bytes: number;
}

/** What reads the log. It keeps its own offsets, in the transaction that keeps what it made of the records. */
export interface PartitionReader {
  /** Fences the partition's former reader: it is this one's from now on. Says where to read on. */
  fence(partition: number): Promise<PartitionFence>;
  /** Applies a batch in one transaction; `fenced`: another reader has the partition, and nothing was changed. */
  apply(batch: Batch): Promise<'applied' | 'fenced'>;
  /**
   * There is nothing new: these partitions have all that the log held at `at`.
   * @returns those of them that another reader has by now
   */
  caughtUp(fences: readonly PartitionFence[], at: Instant): Promise<readonly number[]>;
  /** No partition can be read on at the moment: told each time that it fails, for who says why. */
  readingFailed?(error: unknown): void;
}

export interface PartitionState {
  readonly partition: number;
  readonly nextOffset: bigint;
  /** Where the log ended when that was last asked; `undefined`: not asked yet. */
  readonly endOffset: bigint | undefined;
  /** Why the partition stands still, in a sentence; `undefined` while it is read. */
  readonly halted: string | undefined;
}

/** A reader at work. */
export interface Consumption {
  /** The partitions that this reader has to read at the moment, also those that it has not fenced yet. */
  share(): readonly number[];
  /** Those of its partitions that it has fenced. */
  states(): readonly PartitionState[];
  /** How often the partitions have been shared anew. */
  rebalances(): number;
  /** Ends after the batches under way, and gives the partitions up at once. */
  stop(): Promise<void>;
}

/**
 * The record of all facts: immutable, append-only, ordered by partition. Two adapters, Kafka and Postgres, and one
 * contract that both are tested against.
 */
export abstract class SpendLog {
  /** What readiness calls it. */
  abstract readonly dependency: string;
  /** Replaced, never changed: who was given it keeps what it was. */
  private ownAppends: Position = new Map();

  /**
   * Appends in the given order within a partition and resolves once the records are durable.
   * @returns their offsets. A rejection says *unknown*: each record may or may not be on the log.
   */
  abstract append(records: readonly NewRecord[]): Promise<readonly bigint[]>;

  /** The next offset of every partition. */
  abstract endOffsets(): Promise<Position>;

  /** Reads for as long as the process lives, sharing the partitions with every other reader of the log. */
  abstract consume(reader: PartitionReader): Promise<Consumption>;

  /**
   * Reads every partition for itself. It shares with no other reader, and readers that share do not notice it. For work
   * beside the projection, such as a rebuild. Other partitions go on while a reader takes its time with one.
   */
  abstract consumeAlone(reader: PartitionReader, limits: BatchLimits): Promise<Consumption>;

  /** Resolves when the log can be reached. */
  abstract answers(): Promise<void>;

  /** How many records are on their way to the log. */
  abstract pending(): number;

  abstract close(): Promise<void>;

  /** Where a reader stands that has all this process has appended: for reading one's own writes. */
  acknowledged(): Position {
    return this.ownAppends;
  }

  /** For adapters: these records are durable. */
  protected noteAppended(records: readonly NewRecord[], offsets: readonly bigint[]): void {
    const appends = new Map(this.ownAppends);
    records.forEach(({ partition }, index) => {
      const next = offsets[index]! + 1n;
      if (next > (appends.get(partition) ?? 0n)) appends.set(partition, next);
    });
    this.ownAppends = appends;
  }
}

import type { Batch, PartitionFence, PartitionReader } from '#libs/spend-log';
import type { LogRecord } from '#libs/wire';

interface StoredPartition {
  epoch: bigint;
  nextOffset: bigint;
  caughtUpEpoch: bigint;
  readonly records: LogRecord[];
}

/**
 * What readers made of a log, kept as a database keeps it: each change happens at once, or not at all. It takes what it
 * is given; `disorder` says where that was not what follows.
 */
export class ReaderStore {
  readonly disorder: string[] = [];
  private readonly partitions = new Map<number, StoredPartition>();

  /** @param nextOffsets where reading begins, 0 unless given */
  constructor(private readonly nextOffsets: ReadonlyMap<number, bigint> = new Map()) {}

  records(partition: number): readonly LogRecord[] {
    return this.partition(partition).records;
  }

  /** The values of the records, as the texts that the contract writes. */
  texts(partition: number): string[] {
    return this.records(partition).map(({ value }) => value.toString());
  }

  nextOffset(partition: number): bigint {
    return this.partition(partition).nextOffset;
  }

  fence(partition: number): PartitionFence {
    const stored = this.partition(partition);
    stored.epoch += 1n;
    return { partition, epoch: stored.epoch, nextOffset: stored.nextOffset };
  }

  apply({ fence, records }: Batch): 'applied' | 'fenced' {
    const stored = this.partition(fence.partition);
    if (!isCurrent(stored, fence) || stored.nextOffset !== fence.nextOffset) return 'fenced';
    for (const { partition, offset } of records) {
      if (partition !== fence.partition || offset !== stored.nextOffset) {
        this.disorder.push(`${partition}:${offset} after ${fence.partition}:${stored.nextOffset}`);
      }
      stored.nextOffset = offset + 1n;
    }
    stored.records.push(...records);
    return 'applied';
  }

  /** @returns the partitions that another reader has by now */
  caughtUp(fences: readonly PartitionFence[]): number[] {
    const fenced = fences.filter((fence) => !isCurrent(this.partition(fence.partition), fence));
    for (const { partition, epoch } of fences) this.partition(partition).caughtUpEpoch = epoch;
    return fenced.map(({ partition }) => partition);
  }

  /** Whether the reader that fenced a partition last has said that there is nothing new in it. */
  isCaughtUp(partition: number): boolean {
    const { epoch, caughtUpEpoch } = this.partition(partition);
    return epoch === caughtUpEpoch;
  }

  private partition(partition: number): StoredPartition {
    let stored = this.partitions.get(partition);
    if (!stored) {
      const nextOffset = this.nextOffsets.get(partition) ?? 0n;
      stored = { epoch: 0n, nextOffset, caughtUpEpoch: -1n, records: [] };
      this.partitions.set(partition, stored);
    }
    return stored;
  }
}

/** Before the transaction of a batch, or after its commit. */
export type ApplyStep = 'before' | 'after';

/** A reader of a store, in whose batches a spec may interfere. */
export class StoreReader implements PartitionReader {
  readonly outcomes: ('applied' | 'fenced')[] = [];

  /**
   * @param interfere is asked at each step of each batch; what it throws the reader throws
   */
  constructor(
    private readonly store: ReaderStore,
    private readonly interfere: (step: ApplyStep, batch: Batch) => Promise<void> | void = () =>
      undefined,
  ) {}

  fence(partition: number): Promise<PartitionFence> {
    return Promise.resolve(this.store.fence(partition));
  }

  async apply(batch: Batch): Promise<'applied' | 'fenced'> {
    await this.interfere('before', batch);
    const outcome = this.store.apply(batch);
    this.outcomes.push(outcome);
    await this.interfere('after', batch);
    return outcome;
  }

  caughtUp(fences: readonly PartitionFence[]): Promise<readonly number[]> {
    return Promise.resolve(this.store.caughtUp(fences));
  }
}

function isCurrent(stored: StoredPartition, fence: PartitionFence): boolean {
  return stored.epoch === fence.epoch;
}

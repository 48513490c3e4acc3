import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { discontinuity } from '../continuity';
import type { Consumption, PartitionFence, PartitionReader, PartitionState } from '../spend-log';
import type { ConsumptionOptions } from './postgres-consumption';
import { readRecords, type Read } from './read-records';

/** Most partitions in one read: their records are in memory until they are applied. */
const PARTITIONS_AT_ONCE = 4;

interface Lone {
  readonly partition: number;
  fence: PartitionFence | undefined;
  endOffset: bigint | undefined;
  halted: string | undefined;
  /** Its records are being applied, or it rests after a failure. */
  isBusy: boolean;
}

/** Reads all partitions without a lease. Each waits for its own batch alone, and those that wait are read in turn. */
export class LoneReading implements Consumption {
  private readonly inTurn: Lone[];
  private readonly running: Promise<void>;
  private readonly underWay = new Set<Promise<void>>();
  private readonly stopped = new AbortController();
  private wakeUp = new AbortController();
  /** How many partitions have had nothing since one had something. */
  private idleInTurn = 0;

  constructor(
    private readonly database: Database,
    partitions: readonly number[],
    private readonly reader: PartitionReader,
    private readonly options: Pick<ConsumptionOptions, 'limits' | 'pollMs' | 'retryMs' | 'onError'>,
  ) {
    const unread = { fence: undefined, endOffset: undefined, halted: undefined, isBusy: false };
    this.inTurn = partitions.map((partition) => ({ partition, ...unread }));
    this.running = this.run();
  }

  share(): readonly number[] {
    return this.inTurn.map(({ partition }) => partition);
  }

  states(): readonly PartitionState[] {
    return this.inTurn.flatMap(({ fence, partition, endOffset, halted }) =>
      fence ? [{ partition, nextOffset: fence.nextOffset, endOffset, halted }] : [],
    );
  }

  rebalances(): number {
    return 1;
  }

  /** Something was appended by this process: look now. */
  wake(): void {
    this.wakeUp.abort();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.wake();
    await this.running;
    await Promise.all(this.underWay);
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      // Before the round: what wakes it from now on may have come too late for it.
      this.wakeUp = new AbortController();
      try {
        if (!(await this.readOn())) await rest(this.options.pollMs, this.wakeUp.signal);
      } catch (error) {
        this.options.onError(error, 'reading the log');
        await rest(this.options.retryMs, this.stopped.signal);
      }
    }
  }

  /** @returns false: none that could be read has anything new */
  private async readOn(): Promise<boolean> {
    const turn = this.inTurn.filter((each) => !each.isBusy && each.halted === undefined);
    const next = turn.slice(0, PARTITIONS_AT_ONCE);
    if (next.length === 0) return false;
    this.inTurn.sort((a, b) => Number(next.includes(a)) - Number(next.includes(b)));
    const nextOffsets = new Map<number, bigint>();
    for (const lone of next) {
      lone.fence ??= await this.reader.fence(lone.partition);
      nextOffsets.set(lone.partition, lone.fence.nextOffset);
    }
    const reads = await readRecords(this.database, nextOffsets, this.options.limits);
    const idle: PartitionFence[] = [];
    let idleAt: Instant | undefined;
    for (const lone of next) {
      const read = reads.get(lone.partition);
      if (!read || this.halts(lone, lone.fence!, read)) continue;
      if (read.records.length > 0) this.begin(lone, lone.fence!, read);
      else idle.push(lone.fence!);
      idleAt = read.at;
    }
    if (idle.length > 0) await this.reader.caughtUp(idle, idleAt!);
    this.idleInTurn = idle.length === next.length ? this.idleInTurn + idle.length : 0;
    if (this.idleInTurn < turn.length) return true;
    this.idleInTurn = 0;
    return false;
  }

  private halts(lone: Lone, { partition, nextOffset }: PartitionFence, read: Read): boolean {
    lone.endOffset = read.endOffset;
    lone.halted = discontinuity(partition, nextOffset, read.records, read.endOffset);
    if (lone.halted !== undefined) this.options.onError(new Error(lone.halted), 'reading the log');
    return lone.halted !== undefined;
  }

  /** Not waited for. */
  private begin(lone: Lone, fence: PartitionFence, read: Read): void {
    lone.isBusy = true;
    const applied = this.apply(lone, fence, read).finally(() => {
      lone.isBusy = false;
      this.underWay.delete(applied);
      this.wake();
    });
    this.underWay.add(applied);
  }

  private async apply(lone: Lone, fence: PartitionFence, { records, endOffset, at }: Read) {
    const nextOffset = fence.nextOffset + BigInt(records.length);
    const caughtUpAt = nextOffset >= endOffset ? at : undefined;
    try {
      const outcome = await this.reader.apply({ fence, records, caughtUpAt });
      lone.fence = outcome === 'applied' ? { ...fence, nextOffset } : undefined;
    } catch (error) {
      lone.fence = undefined;
      this.options.onError(error, `reading partition ${lone.partition}`);
      await rest(this.options.retryMs, this.stopped.signal);
    }
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

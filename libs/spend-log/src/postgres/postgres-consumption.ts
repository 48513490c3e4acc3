import type { Instant } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { discontinuity } from '../continuity';
import type { Consumption, PartitionFence, PartitionReader, PartitionState } from '../spend-log';
import { leasePartitions, releasePartitions } from './lease-partitions';
import { readRecords, type Read, type ReadLimits } from './read-records';

export interface ConsumptionOptions {
  /** Names this reader among all readers of the log. */
  readonly reader: string;
  readonly limits: ReadLimits;
  /** How long a partition stays this reader's without a renewal; it renews four times as often. */
  readonly leaseMs: number;
  /** How often it looks when there was nothing to read. */
  readonly pollMs: number;
  /** How long it waits after an error. */
  readonly retryMs: number;
  readonly onError: (error: unknown, doing: string) => void;
}

interface Held {
  fence: PartitionFence;
  endOffset: bigint | undefined;
  halted: string | undefined;
}

/** One loop per process: renew the leases, read all partitions it holds at once, apply each one's records. */
export class PostgresConsumption implements Consumption {
  private readonly held = new Map<number, Held>();
  private readonly running: Promise<void>;
  private leased: readonly number[] = [];
  private renewAt = 0;
  private changesOfShare = 0;
  private stopping = false;
  private wakeUp: (() => void) | undefined;
  private woken = false;

  constructor(
    private readonly database: Database,
    private readonly reader: PartitionReader,
    private readonly options: ConsumptionOptions,
    private readonly monotonicMs: () => number,
  ) {
    this.running = this.run();
  }

  share(): readonly number[] {
    return this.leased;
  }

  states(): readonly PartitionState[] {
    return [...this.held.values()].map(({ fence, endOffset, halted }) => ({
      partition: fence.partition,
      nextOffset: fence.nextOffset,
      endOffset,
      halted,
    }));
  }

  rebalances(): number {
    return this.changesOfShare;
  }

  /** Something was appended by this process: look now. */
  wake(): void {
    this.woken = true;
    this.wakeUp?.();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.wake();
    await this.running;
    try {
      await releasePartitions(this.database, this.options.reader);
    } catch (error) {
      // The leases run out by themselves; a process must be able to end while Postgres is gone.
      this.options.onError(error, 'giving up the partitions');
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.renew();
        if (!(await this.readOn())) await this.pause(this.options.pollMs);
      } catch (error) {
        this.options.onError(error, 'reading the log');
        this.woken = false;
        await this.pause(this.options.retryMs);
      }
    }
  }

  private async renew(): Promise<void> {
    if (this.monotonicMs() < this.renewAt) return;
    const { reader: me, leaseMs } = this.options;
    const share = await this.told(leasePartitions(this.database, me, leaseMs));
    this.renewAt = this.monotonicMs() + leaseMs / 4;
    const lost = [...this.held.keys()].filter((partition) => !share.includes(partition));
    const gained = share.filter((partition) => !this.held.has(partition));
    if (lost.length + gained.length > 0 || this.changesOfShare === 0) this.changesOfShare++;
    this.leased = share;
    for (const partition of lost) this.held.delete(partition);
    await this.fenceAll(gained);
  }

  /** One that cannot be fenced keeps no other from being read: it comes again with the next renewal. */
  private async fenceAll(partitions: readonly number[]): Promise<void> {
    const failures: unknown[] = [];
    for (const partition of partitions) {
      try {
        const fence = await this.reader.fence(partition);
        this.held.set(partition, { fence, endOffset: undefined, halted: undefined });
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Without it nothing is read: the reader hears why. */
  private async told<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      this.reader.readingFailed?.(error);
      throw error;
    }
  }

  /** @returns whether there was anything to read */
  private async readOn(): Promise<boolean> {
    this.woken = false;
    const active = [...this.held.values()].filter(({ halted }) => halted === undefined);
    if (active.length === 0) return false;
    const nextOffsets = new Map(active.map(({ fence }) => [fence.partition, fence.nextOffset]));
    const reads = await this.told(readRecords(this.database, nextOffsets, this.options.limits));
    const idle: Held[] = [];
    let idleAt: Instant | undefined;
    const busy: Promise<void>[] = [];
    for (const held of active) {
      const read = reads.get(held.fence.partition);
      if (!read) continue;
      held.endOffset = read.endOffset;
      if (this.halts(held, read)) continue;
      if (read.records.length > 0) {
        busy.push(this.apply(held, read));
      } else {
        idle.push(held);
        idleAt = read.at;
      }
    }
    if (idleAt !== undefined) busy.push(this.sayCaughtUp(idle, idleAt));
    await settleAll(busy);
    return busy.length > (idleAt === undefined ? 0 : 1);
  }

  private halts(held: Held, read: Read): boolean {
    const { partition, nextOffset } = held.fence;
    held.halted = discontinuity(partition, nextOffset, read.records, read.endOffset);
    if (held.halted !== undefined) this.options.onError(new Error(held.halted), 'reading the log');
    return held.halted !== undefined;
  }

  private async apply(held: Held, { records, endOffset, at }: Read): Promise<void> {
    const { fence } = held;
    const nextOffset = fence.nextOffset + BigInt(records.length);
    const caughtUpAt = nextOffset >= endOffset ? at : undefined;
    const outcome = await this.reader.apply({ fence, records, caughtUpAt });
    if (outcome === 'applied') held.fence = { ...fence, nextOffset };
    else this.giveUp(held);
  }

  private async sayCaughtUp(idle: readonly Held[], at: Instant): Promise<void> {
    const fenced = await this.reader.caughtUp(
      idle.map(({ fence }) => fence),
      at,
    );
    for (const held of idle) if (fenced.includes(held.fence.partition)) this.giveUp(held);
  }

  /** Another reader fenced it after us. The lease says whose it is; if it is still ours, the next renewal fences it. */
  private giveUp(held: Held): void {
    if (this.held.get(held.fence.partition) !== held) return;
    this.held.delete(held.fence.partition);
    this.renewAt = 0;
  }

  private async pause(ms: number): Promise<void> {
    if (this.woken || this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = undefined;
  }
}

/** Waits for all, whatever becomes of each, and then fails if one failed. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

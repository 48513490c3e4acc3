import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaMessage } from 'kafkajs';
import type { LogRecord } from '#libs/wire';
import { discontinuity } from '../../continuity';
import type { PartitionFence, PartitionReader, PartitionState } from '../../spend-log';
import type { KafkaOptions } from '../kafka-options';
import { LogMadeAgain, type LogRange } from '../topics/ledger-topic';
import { logRecordOf } from './log-record';
import { RecordQueue } from './record-queue';

/** What a group member does for its partitions. */
export interface PartitionControls {
  pause(partition: number): void;
  /** Fetches on from there. */
  resume(partition: number, offset: bigint): void;
  range(partition: number): Promise<LogRange>;
  /** The group still counts this member in. */
  heartbeat(): Promise<void>;
}

/**
 * One partition for as long as the group leaves it with this member: fences it, takes what is fetched, and applies it
 * in order. Kafka's own offsets are never asked: the fence says where to read on.
 */
export class AssignedPartition {
  private fence: PartitionFence | undefined;
  private halted: string | undefined;
  private hasEnded = false;
  private readonly queue: RecordQueue;
  /** The next offset that is to be fetched. */
  private tail = 0n;
  private gapAt: bigint | undefined;
  private range: LogRange | undefined;
  private stalledSince: { readonly tail: bigint; readonly ms: number } | undefined;
  private wake: () => void = () => undefined;
  private readonly running: Promise<void>;

  constructor(
    readonly partition: number,
    private readonly reader: PartitionReader,
    private readonly controls: PartitionControls,
    private readonly options: KafkaOptions,
  ) {
    this.queue = new RecordQueue(options.applyLimits, options.prefetchLimits);
    this.running = this.run();
  }

  state(): PartitionState | undefined {
    const { fence, halted, range } = this;
    if (!fence && halted === undefined) return undefined;
    const nextOffset = fence?.nextOffset ?? this.tail;
    return { partition: this.partition, nextOffset, halted, endOffset: range?.end };
  }

  /** Its fence, while it is read. */
  active(): PartitionFence | undefined {
    return this.halted === undefined && !this.hasEnded ? this.fence : undefined;
  }

  /** Takes what was fetched. @returns the last offset taken; the next fetch goes on behind it */
  take(messages: readonly KafkaMessage[]): bigint | undefined {
    if (!this.active()) return undefined;
    let taken: bigint | undefined;
    for (const message of messages) {
      const record = logRecordOf(this.partition, message);
      if (record.offset < this.tail) continue;
      if (record.offset > this.tail) {
        this.missing(record.offset);
        return undefined;
      }
      this.queue.push(record);
      taken = this.tail++;
    }
    if (this.queue.isFull) this.controls.pause(this.partition);
    // Nothing new at all: kafkajs went elsewhere, as it does by itself where an offset is out of range.
    if (taken === undefined) this.controls.resume(this.partition, this.tail);
    this.wake();
    return taken;
  }

  /** @param before the next offset when the range was asked for */
  observe(range: LogRange, before: bigint): void {
    if (!this.active()) return;
    this.range = range;
    const fault = this.rangeFault(range, before);
    if (fault !== undefined) this.halt(fault);
    const { end } = range;
    const isStalled = end > this.tail && !this.queue.isFull;
    if (!isStalled) this.stalledSince = undefined;
    else if (this.stalledSince?.tail !== this.tail) {
      this.stalledSince = { tail: this.tail, ms: performance.now() };
    }
  }

  /** How long the brokers have had more and given nothing. */
  get stalledMs(): number {
    return this.stalledSince && this.active() ? performance.now() - this.stalledSince.ms : 0;
  }

  /** Nothing is on its way: all that the log held when it was last asked is applied. */
  get isIdle(): boolean {
    const fence = this.active();
    return fence !== undefined && fence.nextOffset === this.range?.end && this.queue.isEmpty;
  }

  /** Another reader has fenced it. */
  lose({ epoch }: PartitionFence): void {
    if (this.fence?.epoch !== epoch) return;
    this.fence = undefined;
    this.wake();
  }

  halt(sentence: string): void {
    if (this.halted !== undefined || this.hasEnded) return;
    this.halted = sentence;
    this.options.onError(new Error(sentence), 'reading the log');
    this.controls.pause(this.partition);
    this.wake();
  }

  /** Ends after the batch under way. */
  async finish(): Promise<void> {
    this.hasEnded = true;
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.hasEnded && this.halted === undefined) {
      try {
        await this.admit();
        await this.applyWhileOurs();
        // The other reader may be right, or asleep until now: the group says whether it is still ours.
        if (!this.fence && !this.hasEnded) await this.controls.heartbeat();
      } catch (error) {
        this.options.onError(error, `reading partition ${this.partition}`);
        if (error instanceof LogMadeAgain) return this.halt(error.message);
        this.fence = undefined;
        await sleep(this.options.retryMs);
      }
    }
  }

  /** Fences the former reader and reads on where that ended, if the log still has what follows. */
  private async admit(): Promise<void> {
    this.controls.pause(this.partition);
    this.queue.clear();
    const fence = await this.reader.fence(this.partition);
    this.fence = fence;
    this.tail = fence.nextOffset;
    const range = await this.controls.range(this.partition);
    if (this.hasEnded) return;
    this.range = range;
    const fault = this.rangeFault(range, fence.nextOffset);
    if (fault === undefined) this.controls.resume(this.partition, this.tail);
    else this.halt(fault);
  }

  private async applyWhileOurs(): Promise<void> {
    for (let fence = this.active(); fence; fence = this.active()) {
      if (this.queue.isEmpty) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      const wasFull = this.queue.isFull;
      if (!(await this.apply(fence, this.queue.take()))) return;
      // Not once it has ended: the position is its successor's then.
      const hasRoom = wasFull && !this.queue.isFull && this.active();
      if (hasRoom) this.controls.resume(this.partition, this.tail);
    }
  }

  /** @returns false: it is another reader's */
  private async apply(fence: PartitionFence, records: readonly LogRecord[]): Promise<boolean> {
    const nextOffset = fence.nextOffset + BigInt(records.length);
    const { range } = this;
    const caughtUpAt = range && nextOffset >= range.end ? range.at : undefined;
    const outcome = await this.reader.apply({ fence, records, caughtUpAt });
    const isOurs = outcome === 'applied' && this.fence === fence;
    this.fence = isOurs ? { ...fence, nextOffset } : undefined;
    return isOurs;
  }

  /** Once may be a fetch that was under way when the position changed; twice, they are gone. */
  private missing(found: bigint): void {
    if (this.gapAt === this.tail) {
      this.halt(
        `Partition ${this.partition} of the log has offset ${found} where ${this.tail} should follow: records are missing.`,
      );
      return;
    }
    this.gapAt = this.tail;
    this.controls.resume(this.partition, this.tail);
  }

  private rangeFault({ low, end }: LogRange, nextOffset: bigint): string | undefined {
    if (low > this.tail) {
      return `Partition ${this.partition} of the log has offset ${low} where ${this.tail} should follow: records are missing.`;
    }
    return end < nextOffset ? discontinuity(this.partition, nextOffset, [], end) : undefined;
  }
}

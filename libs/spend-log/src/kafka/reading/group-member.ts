import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { PartitionReader } from '../../spend-log';
import { AssignedPartition, type PartitionControls } from './assigned-partition';
import { ConsumerLife } from '../consumer-life';
import { groupConfig } from '../group-config';
import type { KafkaOptions } from '../kafka-options';
import type { KafkaLogPlace } from '../kafka-log-place';
import type { LogRange } from '../topics/ledger-topic';

const PARTITION_BYTES = 512 * 1024;

/**
 * This process in the group of readers: the group says which partitions are its, and each join begins them anew, since
 * kafkajs forgets its positions then. One life: when kafkajs gives up or stalls, another member takes its place.
 */
export class GroupMember implements PartitionControls {
  joins = 0;
  private readonly startedAt = performance.now();
  private readonly consumer: Consumer;
  private readonly life: ConsumerLife;
  private readonly topic: string;
  private assigned = new Map<number, AssignedPartition>();
  private readonly beats: (() => void)[] = [];
  private stopped = false;

  constructor(
    kafka: Kafka,
    place: KafkaLogPlace,
    private readonly ranges: () => Promise<ReadonlyMap<number, LogRange>>,
    private readonly reader: PartitionReader,
    private readonly options: KafkaOptions,
  ) {
    this.topic = place.topic;
    this.consumer = kafka.consumer({
      ...groupConfig(place.groupId, options),
      maxBytesPerPartition: PARTITION_BYTES,
      // A stranger's transaction that hangs must not hold up the ledger; nobody here writes any.
      readUncommitted: true,
    });
    const { GROUP_JOIN, HEARTBEAT } = this.consumer.events;
    this.consumer.on(HEARTBEAT, () => this.tellBeat());
    this.consumer.on(GROUP_JOIN, ({ payload }) => {
      this.joined(payload.memberAssignment[this.topic] ?? []);
    });
    this.life = new ConsumerLife(this.consumer, {
      topic: this.topic,
      eachBatch: (payload) => this.take(payload),
      concurrency: 1,
      retryMs: options.retryMs,
    });
  }

  /** Ends with the reason when kafkajs has given up. */
  get crashed(): Promise<Error> {
    return this.life.crashed;
  }

  partitions(): readonly AssignedPartition[] {
    return [...this.assigned.values()];
  }

  /** How long this member has got nothing of what the brokers have, or has not come to be in the group at all. */
  get stalledMs(): number {
    if (this.joins === 0) return performance.now() - this.startedAt;
    return Math.max(0, ...this.partitions().map(({ stalledMs }) => stalledMs));
  }

  /** For tools that tell lag by Kafka's own offsets; the ledger never reads them. */
  async commit(): Promise<void> {
    const offsets = this.partitions().flatMap((each) => each.active() ?? []);
    if (offsets.length === 0) return;
    await this.consumer.commitOffsets(
      offsets.map(({ partition, nextOffset }) => ({
        topic: this.topic,
        partition,
        offset: String(nextOffset),
      })),
    );
  }

  /** Ends after the batches under way and leaves the group at once. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.tellBeat();
    await Promise.all(this.partitions().map((each) => each.finish()));
    await this.life.stop();
  }

  pause(partition: number): void {
    this.whileRunning(() => this.consumer.pause([{ topic: this.topic, partitions: [partition] }]));
  }

  resume(partition: number, offset: bigint): void {
    this.whileRunning(() => {
      this.consumer.seek({ topic: this.topic, partition, offset: String(offset) });
      this.consumer.resume([{ topic: this.topic, partitions: [partition] }]);
    });
  }

  async range(partition: number): Promise<LogRange> {
    const range = (await this.ranges()).get(partition);
    if (!range) throw new Error(`the topic ${this.topic} has no partition ${partition}`);
    return range;
  }

  heartbeat(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => this.beats.push(resolve));
  }

  /** Runs inside kafkajs' join, before it fetches anything of the new assignment. Must not throw. */
  private joined(partitions: readonly number[]): void {
    this.joins += 1;
    for (const old of this.assigned.values()) void old.finish();
    this.assigned = new Map();
    this.tellBeat();
    if (this.stopped) return;
    for (const partition of partitions) {
      const assigned = new AssignedPartition(partition, this.reader, this, this.options);
      this.assigned.set(partition, assigned);
    }
  }

  /** Only hands over, so that the next fetch runs beside Postgres. kafkajs stops for good at some errors: none leaves. */
  private async take({ batch, resolveOffset, isStale }: EachBatchPayload): Promise<void> {
    const assigned = this.assigned.get(batch.partition);
    if (!assigned || this.stopped || isStale()) return;
    try {
      const last = assigned.take(batch.messages);
      if (last !== undefined && !isStale()) resolveOffset(String(last));
    } catch (error) {
      this.options.onError(error, `taking records of partition ${batch.partition}`);
      assigned.halt(`Partition ${batch.partition} of the log gave what cannot be taken.`);
    }
    return Promise.resolve();
  }

  private tellBeat(): void {
    for (const resolve of this.beats.splice(0)) resolve();
  }

  /** kafkajs refuses these once it has stopped; then nothing is fetched either. */
  private whileRunning(change: () => void): void {
    if (this.stopped) return;
    try {
      change();
    } catch (error) {
      this.options.onDebug?.(`kafkajs: ${String(error)}`);
    }
  }
}

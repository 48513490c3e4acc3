import type { Admin, Kafka, Producer } from 'kafkajs';
import type { Instant, Position } from '#libs/ledger';
import { SpendLog, type Consumption, type NewRecord, type PartitionReader } from '../spend-log';
import { KafkaConsumption } from './kafka-consumption';
import type { KafkaOptions } from './kafka-options';
import { LogUnreachable } from './log-unreachable';
import { PartitionSender, type Outgoing } from './partition-sender';
import { within } from './within';

/** Where a ledger's log is on Kafka. */
export interface KafkaLogPlace {
  readonly topic: string;
  readonly topicId: string;
  /** Of the readers that share its partitions. */
  readonly groupId: string;
  readonly partitions: number;
}

/** The log on Kafka. */
export class KafkaSpendLog extends SpendLog {
  override readonly dependency = 'kafka';
  private readonly senders: readonly PartitionSender[];
  private readonly consumptions = new Set<KafkaConsumption>();
  /** Behind the last record this process has appended, by partition. */
  private readonly ends: bigint[];
  private fault: string | undefined;
  private onTheWay = 0;

  /** @param now the database's clock, which readers and lag go by */
  constructor(
    private readonly kafka: Kafka,
    private readonly admin: Admin,
    private readonly producer: Producer,
    private readonly place: KafkaLogPlace,
    private readonly options: KafkaOptions,
    private readonly now: () => Promise<Instant>,
  ) {
    super();
    this.ends = new Array<bigint>(place.partitions).fill(0n);
    this.senders = Array.from(
      { length: place.partitions },
      (_, partition) =>
        new PartitionSender(producer, {
          ...options,
          topic: place.topic,
          partition,
          limits: options.sendLimits,
        }),
    );
  }

  override async append(records: readonly NewRecord[]): Promise<readonly bigint[]> {
    const { maxPending, appendWaitMs } = this.options;
    if (this.fault !== undefined) throw new LogUnreachable(this.fault);
    if (this.onTheWay > 0 && this.onTheWay + records.length > maxPending) {
      throw new LogUnreachable(`${this.onTheWay} records wait for the log already`);
    }
    this.onTheWay += records.length;
    const sent = this.sendAll(records).finally(() => (this.onTheWay -= records.length));
    const offsets = await within(
      sent,
      appendWaitMs,
      () => new LogUnreachable(`the log did not answer within ${appendWaitMs} ms`),
    );
    this.noteAppended(records, offsets);
    return offsets;
  }

  override async endOffsets(): Promise<Position> {
    const offsets = await this.admin.fetchTopicOffsets(this.place.topic);
    return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]));
  }

  override consume(reader: PartitionReader): Promise<Consumption> {
    const consumption = new KafkaConsumption(
      this.kafka,
      this.admin,
      this.place,
      reader,
      this.now,
      this.options,
    );
    this.consumptions.add(consumption);
    return Promise.resolve(consumption);
  }

  override async answers(): Promise<void> {
    if (this.fault !== undefined) throw new LogUnreachable(this.fault);
    await this.admin.describeCluster();
  }

  override pending(): number {
    return this.onTheWay;
  }

  override async close(): Promise<void> {
    await Promise.all([...this.consumptions].map((consumption) => consumption.stop()));
    this.consumptions.clear();
    for (const sender of this.senders) sender.close();
  }

  private async sendAll(records: readonly NewRecord[]): Promise<readonly bigint[]> {
    const byPartition = new Map<number, number[]>();
    records.forEach(({ partition }, index) => {
      const indexes = byPartition.get(partition);
      if (indexes) indexes.push(index);
      else byPartition.set(partition, [index]);
    });
    const offsets = new Array<bigint>(records.length);
    const sends = [...byPartition].map(async ([partition, indexes]) => {
      const sender = this.senders[partition];
      if (!sender) throw new RangeError(`the log has no partition ${partition}`);
      const first = await sender.send(indexes.map((index) => messageOf(records[index]!)));
      this.mustFollow(partition, first, indexes.length);
      indexes.forEach((index, nth) => (offsets[index] = first + BigInt(nth)));
    });
    // All of them, also when one fails: what is on its way stays counted until it has arrived.
    const results = await Promise.allSettled(sends);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return offsets;
  }

  /** A partition that begins anew is another log: what this one acknowledged would not be on it. */
  private mustFollow(partition: number, offset: bigint, count: number): void {
    const end = this.ends[partition]!;
    this.ends[partition] = offset + BigInt(count);
    if (offset >= end) return;
    this.fault ??= `Partition ${partition} of ${this.place.topic} gave offset ${offset} after ${end - 1n}: this is not the log that was written, or its end was lost.`;
    this.options.onError(new Error(this.fault), 'appending to the log');
    throw new LogUnreachable(this.fault);
  }
}

function messageOf({ headers, value }: NewRecord): Outgoing {
  return { headers, value };
}

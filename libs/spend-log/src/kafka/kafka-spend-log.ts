import type { Admin, Kafka, Producer } from 'kafkajs';
import type { Position } from '#libs/ledger';
import {
  SpendLog,
  type BatchLimits,
  type Consumption,
  type NewRecord,
  type PartitionReader,
} from '../spend-log';
import { KafkaConsumption } from './reading/kafka-consumption';
import { LoneKafkaReading } from './reading/lone-kafka-reading';
import type { KafkaLogPlace } from './kafka-log-place';
import type { KafkaOptions } from './kafka-options';
import { LogMadeAgain, type LedgerTopic } from './topics/ledger-topic';
import { LogUnreachable } from './log-unreachable';
import { PartitionSender, type Outgoing } from './partition-sender';
import { within } from './within';

/** The log on Kafka. */
export class KafkaSpendLog extends SpendLog {
  override readonly dependency = 'kafka';
  private readonly senders: readonly PartitionSender[];
  private readonly consumptions = new Set<Consumption>();
  private fault: string | undefined;
  private onTheWay = 0;

  constructor(
    private readonly kafka: Kafka,
    private readonly admin: Admin,
    producer: Producer,
    private readonly place: KafkaLogPlace,
    private readonly topic: LedgerTopic,
    private readonly options: KafkaOptions,
    /** Behind the last record that the log is known to have, by partition. */
    private readonly ends: Map<number, bigint>,
  ) {
    super();
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
    // What would have to wait behind such records is refused at once: nobody waits twice, and nothing piles up.
    const isLate = records.some(
      ({ partition }) => (this.senders[partition]?.waitedMs ?? 0) >= appendWaitMs,
    );
    if (isLate) throw new LogUnreachable(`the log has not answered for ${appendWaitMs} ms`);
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
      this.place,
      this.topic,
      reader,
      this.options,
    );
    this.consumptions.add(consumption);
    return Promise.resolve(consumption);
  }

  override consumeAlone(reader: PartitionReader, limits: BatchLimits): Promise<Consumption> {
    const { kafka, admin, place, topic, options } = this;
    const reading = new LoneKafkaReading({ kafka, admin, place, topic }, reader, limits, options);
    this.consumptions.add(reading);
    return Promise.resolve(reading);
  }

  override async answers(): Promise<void> {
    if (this.fault !== undefined) throw new LogUnreachable(this.fault);
    await this.topic.check().catch((error: unknown) => {
      if (error instanceof LogMadeAgain) this.refuse(error.message);
      throw error;
    });
  }

  override pending(): number {
    return this.onTheWay;
  }

  override async close(): Promise<void> {
    await Promise.all([...this.consumptions].map((consumption) => consumption.stop()));
    this.consumptions.clear();
    for (const sender of this.senders) sender.close();
    await this.topic.close();
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
    const end = this.ends.get(partition) ?? 0n;
    this.ends.set(partition, offset + BigInt(count));
    if (offset >= end) return;
    throw this.refuse(
      `Partition ${partition} of ${this.place.topic} gave offset ${offset} after ${end - 1n}: this is not the log that was written, or its end was lost.`,
    );
  }

  /** Nothing is appended from now on. */
  private refuse(sentence: string): LogUnreachable {
    if (this.fault === undefined) this.options.onError(new Error(sentence), 'appending to the log');
    this.fault ??= sentence;
    return new LogUnreachable(this.fault);
  }
}

function messageOf({ headers, value }: NewRecord): Outgoing {
  return { headers, value };
}

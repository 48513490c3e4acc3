import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka, Producer } from 'kafkajs';
import { deadLettersOf } from '#libs/wire';
import type { JudgeReported, ReportedConsumption, ReportedTopic } from '../../reported-topic';
import type { KafkaOptions } from '../kafka-options';
import { KeptReader } from '../kept-reader';
import { DeadLetters } from './dead-letters';
import { ReportedReader, type ReportedPlace } from './reported-reader';

const LOOK_MS = 5000;

/** The producers' topic on Kafka. */
export class KafkaReportedTopic implements ReportedTopic {
  private readonly consumptions = new Set<KafkaReportedConsumption>();

  constructor(
    private readonly kafka: Kafka,
    private readonly admin: Admin,
    private readonly producer: Producer,
    private readonly place: ReportedPlace & { readonly deadLetterPartitions: number },
    private readonly options: KafkaOptions,
  ) {}

  consume(judge: JudgeReported): ReportedConsumption {
    const { topic, deadLetterPartitions } = this.place;
    const deadLetters = new DeadLetters(this.producer, deadLetterPartitions, {
      ...this.options,
      topic: deadLettersOf(topic),
      limits: this.options.sendLimits,
    });
    const join = () => new ReportedReader(this.kafka, this.place, deadLetters, judge, this.options);
    const { admin, place, options } = this;
    const consumption = new KafkaReportedConsumption(admin, place, deadLetters, join, options);
    this.consumptions.add(consumption);
    return consumption;
  }

  async close(): Promise<void> {
    await Promise.all([...this.consumptions].map((each) => each.stop()));
    this.consumptions.clear();
  }
}

/** Keeps a reader at work: replaces one that kafkajs has given up, or that gets nothing of what is there. */
class KafkaReportedConsumption implements ReportedConsumption {
  private readonly kept: KeptReader<ReportedReader>;
  private lags: ReadonlyMap<number, bigint> = new Map();
  private readonly ended = new AbortController();

  constructor(
    private readonly admin: Admin,
    private readonly place: ReportedPlace,
    private readonly deadLetters: DeadLetters,
    join: () => ReportedReader,
    private readonly options: KafkaOptions,
  ) {
    this.kept = new KeptReader(join, 'reading what was reported', options);
    void this.watch();
  }

  lag(): ReadonlyMap<number, bigint> {
    return this.lags;
  }

  /** Does not wait for a look under way, which may last while Kafka is gone. */
  async stop(): Promise<void> {
    this.ended.abort();
    await this.kept.stop();
    this.deadLetters.close();
  }

  private async watch(): Promise<void> {
    while (!this.ended.signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        if (this.ended.signal.aborted) return;
        this.options.onError(error, 'asking how much is reported');
      }
      await sleep(LOOK_MS, undefined, { signal: this.ended.signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const { topic, groupId } = this.place;
    const { current: reader } = this.kept;
    const ends = await this.admin.fetchTopicOffsets(topic);
    const [group] = await this.admin.fetchOffsets({ groupId, topics: [topic] });
    const settled = new Map(group?.partitions.map((each) => [each.partition, each.offset]));
    this.lags = new Map(
      ends
        .filter(({ partition }) => reader.assigned.includes(partition))
        .map(({ partition, low, high }) => {
          const offset = BigInt(settled.get(partition) ?? -1);
          return [partition, BigInt(high) - (offset < 0n ? BigInt(low) : offset)] as const;
        }),
    );
    if (reader.silentMs > this.options.stallMs) {
      this.kept.replace(reader, new Error('kafkajs asks for no records any more'));
    }
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { Consumption, PartitionReader, PartitionState } from '../../spend-log';
import { GroupMember } from './group-member';
import type { KafkaLogPlace } from '../kafka-log-place';
import type { KafkaOptions } from '../kafka-options';
import { KeptReader } from '../kept-reader';
import { LogMadeAgain, type LedgerTopic, type LogRange } from '../topics/ledger-topic';

/** How many looks at the log's ends go by between two hints to Kafka. */
const SELDOM = 25;

/**
 * Keeps a member in the group of readers, and looks again and again where the log ends: for lag, to say of an idle
 * partition that it is caught up, and to notice what kafkajs does not tell (a silent stall, a log that is another one).
 */
export class KafkaConsumption implements Consumption {
  private readonly kept: KeptReader<GroupMember>;
  private readonly ended = new AbortController();
  private joinsBefore = 0;
  private looks = 0;

  constructor(
    kafka: Kafka,
    place: KafkaLogPlace,
    private readonly topic: LedgerTopic,
    private readonly reader: PartitionReader,
    private readonly options: KafkaOptions,
  ) {
    this.kept = new KeptReader(
      () => new GroupMember(kafka, place, () => topic.ranges(), reader, options),
      'reading the log',
      options,
      (gone) => (this.joinsBefore += gone.joins),
    );
    void this.watch();
  }

  share(): readonly number[] {
    return this.kept.current.partitions().map(({ partition }) => partition);
  }

  states(): readonly PartitionState[] {
    return this.kept.current.partitions().flatMap((each) => each.state() ?? []);
  }

  rebalances(): number {
    return this.joinsBefore + this.kept.current.joins;
  }

  /** Does not wait for a look under way, which may last while Kafka is gone: it finds nothing to say any more. */
  async stop(): Promise<void> {
    this.ended.abort();
    await this.kept.stop();
  }

  private async watch(): Promise<void> {
    while (!this.ended.signal.aborted) {
      let pauseMs = this.options.endsEveryMs;
      try {
        await this.look();
      } catch (error) {
        if (this.ended.signal.aborted) return;
        this.options.onError(error, 'asking where the log ends');
        this.reader.readingFailed?.(error);
        if (error instanceof LogMadeAgain) this.haltAll(error.message);
        pauseMs = this.options.retryMs;
      }
      await sleep(pauseMs, undefined, { signal: this.ended.signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const { current: member } = this.kept;
    const before = member.partitions().map((each) => ({ each, fence: each.active() }));
    const ranges = await this.topic.ranges();
    for (const { each, fence } of before) {
      const range = ranges.get(each.partition);
      if (range && fence) each.observe(range, fence.nextOffset);
    }
    const [any] = ranges.values();
    if (any) await this.sayCaughtUp(member, any.at);
    if (member.stalledMs > this.options.stallMs) {
      this.kept.replace(member, new Error('the brokers have records, and kafkajs gives none'));
    }
    if (this.looks++ % SELDOM === 0) {
      // Not waited for: kafkajs tries for long, and idle partitions must go on to be said to be caught up.
      void member.commit().catch((error: unknown) => this.options.onDebug?.(String(error)));
    }
  }

  private async sayCaughtUp(member: GroupMember, at: LogRange['at']): Promise<void> {
    const idle = member.partitions().filter(({ isIdle }) => isIdle);
    const fences = idle.flatMap((each) => each.active() ?? []);
    if (fences.length === 0) return;
    const fenced = new Set(await this.reader.caughtUp(fences, at));
    idle.forEach((each, index) => {
      if (fenced.has(each.partition)) each.lose(fences[index]!);
    });
  }

  private haltAll(sentence: string): void {
    for (const each of this.kept.current.partitions()) each.halt(sentence);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import type { Instant } from '#libs/ledger';
import type { Consumption, PartitionReader, PartitionState } from '../spend-log';
import { GroupMember } from './group-member';
import type { KafkaOptions } from './kafka-options';
import type { KafkaLogPlace } from './kafka-spend-log';
import { readTopicIdentity } from './topic-identity';

/** How many looks at the log's ends go by between two of what changes rarely. */
const SELDOM = 25;

/**
 * Keeps a member in the group of readers, and looks again and again where the log ends: for lag, to say of an idle
 * partition that it is caught up, and to notice what kafkajs does not tell (a silent stall, a log that is another one).
 */
export class KafkaConsumption implements Consumption {
  private member: GroupMember;
  private readonly ended = new AbortController();
  private readonly running: Promise<void>;
  private joinsBefore = 0;
  private looks = 0;

  constructor(
    private readonly kafka: Kafka,
    private readonly admin: Admin,
    private readonly place: KafkaLogPlace,
    private readonly reader: PartitionReader,
    private readonly now: () => Promise<Instant>,
    private readonly options: KafkaOptions,
  ) {
    this.member = this.join();
    this.running = this.watch();
  }

  states(): readonly PartitionState[] {
    return this.member.partitions().flatMap((each) => each.state() ?? []);
  }

  rebalances(): number {
    return this.joinsBefore + this.member.joins;
  }

  async stop(): Promise<void> {
    this.ended.abort();
    await this.running;
    await this.leave();
  }

  private join(): GroupMember {
    const member = new GroupMember(this.kafka, this.admin, this.place, this.reader, this.options);
    void member.crashed.then((error) => this.replace(member, error));
    return member;
  }

  private async replace(member: GroupMember, reason: Error): Promise<void> {
    if (this.member !== member || this.ended.signal.aborted) return;
    this.options.onError(reason, 'reading the log: its reader is replaced');
    this.joinsBefore += member.joins;
    this.member = this.join();
    await member.stop().catch((error: unknown) => this.options.onDebug?.(String(error)));
  }

  private async leave(): Promise<void> {
    try {
      await this.member.stop();
    } catch (error) {
      // A process must be able to end while Kafka is gone; the group notices by itself.
      this.options.onError(error, 'leaving the group of readers');
    }
  }

  private async watch(): Promise<void> {
    while (!this.ended.signal.aborted) {
      let pauseMs = this.options.endsEveryMs;
      try {
        await this.look();
      } catch (error) {
        if (this.ended.signal.aborted) return;
        this.options.onError(error, 'asking where the log ends');
        pauseMs = this.options.retryMs;
      }
      await sleep(pauseMs, undefined, { signal: this.ended.signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const { member } = this;
    const before = member.partitions().map((each) => ({ each, claim: each.active() }));
    const at = await this.now();
    const offsets = await this.admin.fetchTopicOffsets(this.place.topic);
    const ranges = new Map(
      offsets.map(({ partition, low, high }) => [
        partition,
        { low: BigInt(low), end: BigInt(high) },
      ]),
    );
    for (const { each, claim } of before) {
      const range = ranges.get(each.partition);
      if (range && claim) each.observe(range, at, claim.nextOffset);
    }
    await this.sayCaughtUp(member, at);
    if (member.stalledMs > this.options.stallMs) {
      void this.replace(member, new Error('the brokers have records, and kafkajs gives none'));
    }
    if (this.looks++ % SELDOM === 0) await this.lookSeldom(member);
  }

  private async sayCaughtUp(member: GroupMember, at: Instant): Promise<void> {
    const idle = member.partitions().filter(({ isIdle }) => isIdle);
    const claims = idle.flatMap((each) => each.active() ?? []);
    if (claims.length === 0) return;
    const fenced = new Set(await this.reader.caughtUp(claims, at));
    idle.forEach((each, index) => {
      if (fenced.has(each.partition)) each.lose(claims[index]!);
    });
  }

  /** Is it still the topic that the ledger was created on? */
  private async lookSeldom(member: GroupMember): Promise<void> {
    const { topic, topicId } = this.place;
    const found = await readTopicIdentity(this.kafka, topic);
    if (found.topicId !== undefined && found.topicId !== topicId) {
      for (const each of member.partitions()) {
        each.halt(`The topic ${topic} was made again: this is not the log that was read.`);
      }
    }
    await member.commit().catch((error: unknown) => this.options.onDebug?.(String(error)));
  }
}

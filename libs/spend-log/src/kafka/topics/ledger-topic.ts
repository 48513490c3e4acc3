import type { Admin, Kafka } from 'kafkajs';
import type { Instant } from '#libs/ledger';
import type { KafkaLogPlace } from '../kafka-log-place';
import { TopicIdentityReader } from './topic-identity';

/** Where one partition began and ended on the brokers at an instant of the database's clock. */
export interface LogRange {
  readonly low: bigint;
  readonly end: bigint;
  readonly at: Instant;
}

/** The topic has the name of the log and is another one: nothing of it may be read or written. */
export class LogMadeAgain extends Error {
  override readonly name = 'LogMadeAgain';
}

/** What the brokers say about a ledger's topic. */
export class LedgerTopic {
  private readonly identity: TopicIdentityReader;

  /** @param now the database's clock */
  constructor(
    kafka: Kafka,
    private readonly admin: Admin,
    private readonly place: KafkaLogPlace,
    private readonly now: () => Promise<Instant>,
  ) {
    this.identity = new TopicIdentityReader(kafka, place.topic);
  }

  /** @throws LogMadeAgain */
  async check(): Promise<void> {
    const { topicId } = await this.identity.read();
    // A broker that has just started may not have heard of the topic yet.
    if (topicId === undefined || topicId === this.place.topicId) return;
    throw new LogMadeAgain(
      `The topic ${this.place.topic} was made again: this is not the log of this ledger.`,
    );
  }

  /**
   * Where each partition begins and ends. The clock is read before, so that what ends there is at least that new; the
   * topic is checked after, so that it is the ledger's own whose ends these are.
   * @throws LogMadeAgain
   */
  async ranges(): Promise<ReadonlyMap<number, LogRange>> {
    const at = await this.now();
    const offsets = await this.admin.fetchTopicOffsets(this.place.topic);
    await this.check();
    return new Map(
      offsets.map(({ partition, low, high }) => [
        partition,
        { low: BigInt(low), end: BigInt(high), at },
      ]),
    );
  }

  close(): Promise<void> {
    return this.identity.close();
  }
}

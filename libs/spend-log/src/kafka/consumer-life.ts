import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchHandler } from 'kafkajs';
import { within } from './within';

const STOP_MS = 5000;

export interface LifeOptions {
  readonly topic: string;
  readonly eachBatch: EachBatchHandler;
  readonly concurrency: number;
  /** How long after an end nothing should take its place, lest a failure that stays be met in a hot loop. */
  readonly retryMs: number;
}

/** A kafkajs consumer from its joining of a group to its leaving. One life: it does not begin anew by itself. */
export class ConsumerLife {
  /** Ends with the reason when kafkajs has given up. */
  readonly crashed: Promise<Error>;
  private readonly started: Promise<void>;
  private joins = false;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly consumer: Consumer,
    { topic, eachBatch, concurrency, retryMs }: LifeOptions,
  ) {
    const crash = Promise.withResolvers<Error>();
    consumer.on(consumer.events.CRASH, ({ payload }) => crash.resolve(payload.error));
    this.crashed = crash.promise.then(async (error) => {
      await sleep(retryMs);
      return error;
    });
    this.started = this.start(topic, eachBatch, concurrency).catch(crash.resolve);
  }

  /**
   * Leaves the group at once. A join under way comes first: kafkajs goes on with it after a `disconnect`, and would stay
   * in the group for good, with partitions that nobody reads and without a name by which to end it.
   */
  stop(): Promise<void> {
    return (this.stopping ??= this.leave());
  }

  private async leave(): Promise<void> {
    const left = this.started.then(() => this.consumer.disconnect());
    const late = () => new Error('kafkajs did not end in time; the group notices by itself');
    if (this.joins) return within(left, STOP_MS, late);
    // It has not asked to join, and will not: nobody has to wait for its connection.
    left.catch(() => undefined);
  }

  private async start(
    topic: string,
    eachBatch: EachBatchHandler,
    partitionsConsumedConcurrently: number,
  ): Promise<void> {
    await this.consumer.connect();
    if (this.stopping) return;
    await this.consumer.subscribe({ topics: [topic], fromBeginning: true });
    if (this.stopping) return;
    this.joins = true;
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently,
      eachBatch,
    });
  }
}

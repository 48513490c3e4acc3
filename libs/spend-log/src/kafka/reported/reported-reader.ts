import { setTimeout as sleep } from 'node:timers/promises';
import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { JudgeReported, ReportedRecord } from '../../reported-topic';
import { ConsumerLife } from '../consumer-life';
import { groupConfig } from '../group-config';
import type { DeadLetters } from './dead-letters';
import type { KafkaOptions } from '../kafka-options';
import { givenHeaders } from '../reading/log-record';
import { undecodableReason } from '../codecs/stand-ins';

export interface ReportedPlace {
  readonly topic: string;
  readonly groupId: string;
}

/**
 * A reader of the producers' topic, in a group with those of other processes. Kafka keeps the group's offsets: they move
 * on when every record before them is on the log or among the dead letters, so that a crash repeats and never skips.
 * One life: when kafkajs gives up, another reader takes its place.
 */
export class ReportedReader {
  /** The partitions that are this reader's. */
  assigned: readonly number[] = [];
  /** Batches that are being judged. */
  private judging = 0;
  private heardAtMs = performance.now();
  private stopped = false;
  private readonly life: ConsumerLife;

  constructor(
    kafka: Kafka,
    private readonly place: ReportedPlace,
    private readonly deadLetters: DeadLetters,
    private readonly judge: JudgeReported,
    private readonly options: KafkaOptions,
  ) {
    const consumer = kafka.consumer(groupConfig(place.groupId, options));
    const { FETCH, GROUP_JOIN } = consumer.events;
    consumer.on(FETCH, () => (this.heardAtMs = performance.now()));
    consumer.on(GROUP_JOIN, ({ payload }) => {
      this.assigned = payload.memberAssignment[place.topic] ?? [];
    });
    this.life = new ConsumerLife(consumer, {
      topic: place.topic,
      eachBatch: (payload) => this.take(payload),
      concurrency: options.reportedConcurrency,
      retryMs: options.retryMs,
    });
  }

  /** Ends with the reason when kafkajs has given up. */
  get crashed(): Promise<Error> {
    return this.life.crashed;
  }

  /** How long kafkajs has asked for nothing; while records are judged it waits for them. */
  get silentMs(): number {
    return this.judging > 0 ? 0 : performance.now() - this.heardAtMs;
  }

  /** Ends after the records under way and leaves the group at once. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.life.stop();
  }

  private async take(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { reportedBatch: most } = this.options;
    this.judging += 1;
    const beat = setInterval(() => {
      payload.heartbeat().catch(() => undefined);
    }, this.options.heartbeatMs);
    try {
      for (let from = 0; from < batch.messages.length; from += most) {
        if (!(await this.settle(payload, batch.messages.slice(from, from + most)))) return;
      }
    } finally {
      clearInterval(beat);
      this.judging -= 1;
      this.heardAtMs = performance.now();
    }
  }

  /** @returns false: the partition is another reader's by now, or this one stops */
  private async settle(
    payload: EachBatchPayload,
    messages: readonly KafkaMessage[],
  ): Promise<boolean> {
    const { batch, resolveOffset, commitOffsetsIfNecessary } = payload;
    const { topic, partition } = batch;
    while (!this.stopped && payload.isRunning() && !payload.isStale()) {
      try {
        const verdicts = await this.judge(messages.map(reportedRecordOf));
        await this.deadLetters.bury(
          messages.flatMap((message, index) => {
            const refusal = verdicts[index]!;
            return refusal === 'accepted' ? [] : [{ topic, partition, message, refusal }];
          }),
        );
      } catch (error) {
        this.options.onError(error, `recording what was reported on partition ${partition}`);
        await sleep(this.options.retryMs);
        continue;
      }
      const last = messages.at(-1)!.offset;
      resolveOffset(last);
      const offset = String(BigInt(last) + 1n);
      await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
      return true;
    }
    return false;
  }
}

function reportedRecordOf({ headers, value, timestamp }: KafkaMessage): ReportedRecord {
  return {
    headers: givenHeaders(headers),
    value,
    timestampMs: Number(timestamp),
    undecodable: undecodableReason(headers),
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, Producer, RecordMetadata } from 'kafkajs';
import type { ReadLimits } from '../postgres/read-records';
import { isFinal } from './kafka-errors';
import { LogUnreachable } from './log-unreachable';

export interface SenderOptions {
  readonly topic: string;
  readonly partition: number;
  /** Most in one send; a single larger record still goes, alone. */
  readonly limits: ReadLimits;
  readonly retryMs: number;
  readonly onError: (error: unknown, doing: string) => void;
}

export type Outgoing = Pick<Message, 'key' | 'headers' | 'value'>;

interface Waiting {
  readonly messages: readonly Outgoing[];
  readonly bytes: number;
  readonly sinceMs: number;
  readonly resolve: (firstOffset: bigint) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends the records of one partition, one send at a time, and whatever comes meanwhile together in the next.
 *
 * One partition a send, because kafkajs loses records of a send that spans two leaders when leadership moves (#1303).
 * Not idempotent, because kafkajs then loses records at a lost acknowledgement; what is sent twice is counted once, by
 * its id. Tries for as long as it takes: what was handed over may be on the log already, and must keep its order.
 */
export class PartitionSender {
  private readonly waiting: Waiting[] = [];
  private running: Promise<void> | undefined;
  private closed = false;
  private underWay: readonly Waiting[] = [];

  constructor(
    private readonly producer: Pick<Producer, 'send'>,
    private readonly options: SenderOptions,
  ) {}

  /** Resolves with the offset of the first record once all of them are durable; they stand one after the other. */
  send(messages: readonly Outgoing[]): Promise<bigint> {
    if (this.closed) return Promise.reject(new LogUnreachable('the log is closed'));
    return new Promise((resolve, reject) => {
      const [bytes, sinceMs] = [sizeOf(messages), performance.now()];
      this.waiting.push({ messages, bytes, sinceMs, resolve, reject });
      this.running ??= this.run();
    });
  }

  /** How long the oldest of what was handed over has waited by now; whatever comes after it waits longer. */
  get waitedMs(): number {
    const oldest = this.underWay[0] ?? this.waiting[0];
    return oldest ? performance.now() - oldest.sinceMs : 0;
  }

  /** What waits is rejected; a send that is under way ends by itself. */
  close(): void {
    this.closed = true;
    for (const { reject } of this.waiting.splice(0)) {
      reject(new LogUnreachable('the log was closed before the records were sent'));
    }
  }

  private async run(): Promise<void> {
    // What is handed over in the same turn goes together.
    await new Promise(setImmediate);
    while (this.waiting.length > 0) {
      const batch = (this.underWay = this.take());
      try {
        let offset = await this.deliver(batch.flatMap(({ messages }) => messages));
        for (const { messages, resolve } of batch) {
          resolve(offset);
          offset += BigInt(messages.length);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.underWay = [];
    }
    this.running = undefined;
  }

  private take(): Waiting[] {
    const { limits } = this.options;
    let [count, records, bytes] = [0, 0, 0];
    for (const each of this.waiting) {
      records += each.messages.length;
      bytes += each.bytes;
      if (count > 0 && (records > limits.records || bytes > limits.bytes)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async deliver(outgoing: readonly Outgoing[]): Promise<bigint> {
    const { topic, partition, retryMs, onError } = this.options;
    const messages = outgoing.map((message): Message => ({ ...message, partition }));
    while (!this.closed) {
      try {
        return this.verified(await this.producer.send({ topic, acks: -1, messages }));
      } catch (error) {
        if (isFinal(error))
          throw new LogUnreachable('the log refuses the records', { cause: error });
        onError(error, `appending to partition ${partition} of ${topic}`);
        await sleep(retryMs);
      }
    }
    throw new LogUnreachable('the log was closed while the records were on their way');
  }

  /** kafkajs resolves sends that never went out; only the partition's own acknowledgement counts. */
  private verified(answer: readonly RecordMetadata[]): bigint {
    const { topic, partition } = this.options;
    const [metadata] = answer;
    const isAcknowledged =
      answer.length === 1 &&
      metadata?.topicName === topic &&
      metadata.partition === partition &&
      metadata.errorCode === 0 &&
      /^\d+$/.test(metadata.baseOffset ?? '');
    if (isAcknowledged) return BigInt(metadata.baseOffset!);
    throw new LogUnreachable(`no acknowledgement, but ${JSON.stringify(answer)}`);
  }
}

function sizeOf(messages: readonly Outgoing[]): number {
  let bytes = 0;
  for (const { headers, value } of messages) {
    bytes += value?.length ?? 0;
    for (const name in headers) bytes += name.length + String(headers[name] ?? '').length;
  }
  return bytes;
}

import type { IHeaders, KafkaMessage, Producer } from 'kafkajs';
import type { Refusal } from '../../reported-topic';
import { isTooLarge } from '../kafka-errors';
import { headerValues } from '../reading/log-record';
import { PartitionSender, type Outgoing, type SenderOptions } from '../partition-sender';

/** A record that was refused, and where it stands. */
export interface DeadLetter {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
  readonly refusal: Refusal;
}

/** Writes refused records to their topic: unchanged, with `dlt_*` headers beside theirs that say why. */
export class DeadLetters {
  private readonly senders: readonly PartitionSender[];

  constructor(
    producer: Producer,
    partitions: number,
    private readonly options: Omit<SenderOptions, 'partition'>,
  ) {
    this.senders = Array.from(
      { length: partitions },
      (_, partition) => new PartitionSender(producer, { ...options, partition }),
    );
  }

  /** Resolves when all of them are durable. */
  async bury(letters: readonly DeadLetter[]): Promise<void> {
    await Promise.all(letters.map((letter) => this.buryOne(letter)));
  }

  close(): void {
    for (const sender of this.senders) sender.close();
  }

  private async buryOne(letter: DeadLetter): Promise<void> {
    const { partition, topic, message, refusal } = letter;
    const sender = this.senders[partition % this.senders.length]!;
    try {
      await sender.send([outgoing(letter)]);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      // Its place tells where it is still to be had, for as long as its topic keeps it.
      this.options.onError(error, `burying ${topic} ${partition}:${message.offset} whole`);
      const detail = `${refusal.detail} The record is too large for this topic and stands here without its value.`;
      const bare = { ...letter, refusal: { ...refusal, detail } };
      await sender.send([{ headers: placeAndReason(bare), value: null }]);
    }
  }
}

function outgoing(letter: DeadLetter): Outgoing {
  const { key, value, headers } = letter.message;
  const own = Object.fromEntries([...headerValues(headers)].map(([name, all]) => [name, [...all]]));
  return { key, value, headers: { ...own, ...placeAndReason(letter) } };
}

function placeAndReason({ topic, partition, message, refusal }: DeadLetter): IHeaders {
  return {
    dlt_original_topic: topic,
    dlt_original_partition: String(partition),
    dlt_original_offset: message.offset,
    dlt_original_timestamp: message.timestamp,
    dlt_error_code: refusal.code,
    dlt_error_message: refusal.detail,
    dlt_errors: JSON.stringify(refusal.errors),
  };
}

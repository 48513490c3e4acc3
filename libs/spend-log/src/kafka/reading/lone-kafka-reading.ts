import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import type { BatchLimits, Consumption, PartitionReader, PartitionState } from '../../spend-log';
import type { KafkaLogPlace } from '../kafka-log-place';
import type { KafkaOptions } from '../kafka-options';
import type { LedgerTopic } from '../topics/ledger-topic';
import { KafkaConsumption } from './kafka-consumption';

/** Reads all of the topic in a group of its own, since kafkajs reads in groups alone; the group ends with it. */
export class LoneKafkaReading implements Consumption {
  private readonly groupId: string;
  private readonly consumption: KafkaConsumption;

  constructor(
    private readonly on: {
      readonly kafka: Kafka;
      readonly admin: Admin;
      readonly place: KafkaLogPlace;
      readonly topic: LedgerTopic;
    },
    reader: PartitionReader,
    limits: BatchLimits,
    private readonly options: KafkaOptions,
  ) {
    this.groupId = `${on.place.groupId}.alone.${randomUUID()}`;
    const place = { ...on.place, groupId: this.groupId };
    const prefetchLimits = { records: 2 * limits.records, bytes: 2 * limits.bytes };
    const itsOptions = { ...options, applyLimits: limits, prefetchLimits };
    this.consumption = new KafkaConsumption(on.kafka, place, on.topic, reader, itsOptions);
  }

  share(): readonly number[] {
    return this.consumption.share();
  }

  states(): readonly PartitionState[] {
    return this.consumption.states();
  }

  rebalances(): number {
    return this.consumption.rebalances();
  }

  async stop(): Promise<void> {
    await this.consumption.stop();
    // Left behind it would be forgotten by the brokers in days.
    await this.on.admin
      .deleteGroups([this.groupId])
      .catch((error: unknown) => this.options.onDebug?.(String(error)));
  }
}

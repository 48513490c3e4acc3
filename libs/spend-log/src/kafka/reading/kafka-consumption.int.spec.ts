import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import {
  createTestDatabase,
  createTestTopics,
  deleteTopics,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  waitUntil,
  type TestDatabase,
  type TestTopics,
} from '#libs/testing';
import type { Batch, Consumption, NewRecord, PartitionReader } from '../../spend-log';
import { findKafkaLog } from '../topics/find-kafka-log';
import { openKafkaLog, type OpenKafka } from '../open-kafka-log';

const PARTITIONS = Array.from({ length: TEST_PARTITIONS }, (_, partition) => partition);
const record = (partition: number, text: string): NewRecord => ({
  partition,
  headers: { ce_id: text },
  value: Buffer.from(text),
});

/** Keeps the texts of a partition, and reads on behind the last one when it is fenced again. */
class TextReader implements PartitionReader {
  readonly texts = new Map<number, string[]>(PARTITIONS.map((partition) => [partition, []]));

  fence(partition: number) {
    return Promise.resolve({
      partition,
      epoch: 1n,
      nextOffset: BigInt(this.texts.get(partition)!.length),
    });
  }

  apply({ fence, records }: Batch) {
    const texts = this.texts.get(fence.partition)!;
    texts.push(...records.map(({ value }) => value.toString()));
    return Promise.resolve('applied' as const);
  }

  caughtUp() {
    return Promise.resolve([]);
  }
}

describe('reading the log on Kafka', () => {
  let db: TestDatabase;
  let topics: TestTopics;
  let opened: OpenKafka;
  let reader: TextReader;
  let consumption: Consumption;
  const errors: string[] = [];

  beforeEach(async () => {
    [db, topics] = await Promise.all([createTestDatabase(), createTestTopics()]);
    const facts = { id: randomUUID(), currency: TEST_CURRENCY, partitions: TEST_PARTITIONS };
    opened = await openKafkaLog(
      db.database,
      { ...facts, logId: topics.logId },
      { ...topics.options, stallMs: 500, onError: (error) => errors.push(String(error)) },
    );
    reader = new TextReader();
    consumption = await opened.log.consume(reader);
    await opened.log.append(PARTITIONS.map((partition) => record(partition, 'a')));
    await untilRead('a');
  });
  afterEach(async () => {
    await opened.close();
    await topics.remove();
    await db.drop();
  });

  const untilRead = (...texts: string[]) =>
    waitUntil(`all have ${texts.join()}`, () =>
      [...reader.texts.values()].every((read) => read.join() === texts.join()),
    );

  it('goes on when kafkajs gives nothing more and says nothing of it', async () => {
    const rebalances = consumption.rebalances();
    // As it is seen in the field: it asks for some partitions no more, and has no error to tell.
    const consumer = consumerOf(consumption);
    consumer.pause([{ topic: `${topics.topicPrefix}spend.ledger.v1`, partitions: PARTITIONS }]);
    await opened.log.append(PARTITIONS.map((partition) => record(partition, 'b')));
    await untilRead('a', 'b');
    expect(errors).toContainEqual(expect.stringContaining('the brokers have records'));
    expect(consumption.rebalances()).toBeGreaterThan(rebalances);
  });

  it('goes on when kafkajs gives up', async () => {
    const consumer = consumerOf(consumption);
    await consumer.disconnect();
    await opened.log.append(PARTITIONS.map((partition) => record(partition, 'b')));
    await untilRead('a', 'b');
  });

  it('halts when the topic is made again, though its offsets go on where they were', async () => {
    await deleteTopics(topics.topicPrefix);
    const again = await findKafkaLog(topics.options)(TEST_PARTITIONS, undefined);
    expect(again.ok).toBe(true);
    await waitUntil('all partitions halt', () => {
      const states = consumption.states();
      return (
        states.length === TEST_PARTITIONS && states.every(({ halted }) => halted !== undefined)
      );
    });
    expect(consumption.states()[0]!.halted).toMatch(
      /was made again|ends at offset 0, but it was read up to 1/,
    );
    await expect(opened.log.append([record(0, 'b')])).rejects.toThrow(
      /gave offset 0 after 0: this is not the log that was written/,
    );
    await expect(opened.log.answers()).rejects.toThrow(/this is not the log that was written/);
  });
});

/** What the reader at work has of kafkajs, to do to it what kafkajs does to itself. */
function consumerOf(consumption: Consumption): Consumer {
  return (consumption as unknown as { kept: { current: { consumer: Consumer } } }).kept.current
    .consumer;
}

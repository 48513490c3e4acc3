import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { waitUntil } from '../wait-until';

/** The value of a topic's first record, read by a group of its own that leaves no trace. */
export async function readFirstRecord(kafka: Kafka, topic: string): Promise<string> {
  const groupId = `reader-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, sessionTimeout: 10_000, heartbeatInterval: 1000 });
  const values: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const eachMessage = ({ message }: { message: { value: Buffer | null } }) => {
      values.push(String(message.value));
      return Promise.resolve();
    };
    await consumer.run({ autoCommit: false, eachMessage });
    await waitUntil(`a record of ${topic} is read`, () => values.length > 0);
  } finally {
    await consumer.disconnect();
  }
  return values[0]!;
}

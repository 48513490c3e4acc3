import { randomUUID } from 'node:crypto';
import type { Admin } from 'kafkajs';
import { waitUntil } from '#libs/testing';
import { naiveKafka, withAdmin } from './naive-kafka';

/** Reads a topic back from its beginning. @returns the values of each partition, in order */
export async function readBack(brokers: readonly string[], topic: string): Promise<string[][]> {
  const kafka = naiveKafka(brokers);
  let offsets: Awaited<ReturnType<Admin['fetchTopicOffsets']>> = [];
  await waitUntil(`each partition of ${topic} has a leader who knows its end`, async () => {
    offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
    return true;
  });
  const values: string[][] = offsets.map(() => []);
  const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ partition, message }) => {
        values[partition]!.push(message.value!.toString());
        return Promise.resolve();
      },
    });
    await waitUntil(`all of ${topic} is read`, () =>
      offsets.every(({ partition, high }) => values[partition]!.length >= Number(high)),
    );
    return values;
  } finally {
    await consumer.disconnect();
  }
}

import { randomUUID } from 'node:crypto';
import { waitUntil } from '#libs/testing';
import { naiveKafka, withAdmin } from './naive-kafka';

/** Reads a topic back from its beginning. @returns the values of each partition, in order */
export async function readBack(brokers: readonly string[], topic: string): Promise<string[][]> {
  const kafka = naiveKafka(brokers);
  const offsets = await withAdmin(kafka, (admin) => admin.fetchTopicOffsets(topic));
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

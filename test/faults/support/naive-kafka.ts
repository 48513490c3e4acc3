import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import { plainKafka } from '#libs/testing';

/** What a user of kafkajs has who changes nothing, but quicker to try again. */
export function naiveKafka(brokers: readonly string[]): Kafka {
  return plainKafka(brokers, { retry: { initialRetryTime: 100, maxRetryTime: 200 } });
}

/** A new topic, with a copy on each broker. */
export async function createTopic(kafka: Kafka, partitions = 1): Promise<string> {
  const topic = randomUUID();
  const topics = [{ topic, numPartitions: partitions }];
  await withAdmin(kafka, (admin) => admin.createTopics({ waitForLeaders: true, topics }));
  return topic;
}

export async function produce(kafka: Kafka, topic: string, values: readonly string[]) {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: values.map((value) => ({ partition: 0, value })) });
  await producer.disconnect();
}

/** A new one each time: they remember the topics they were asked about, and fail when one of those is gone. */
export async function withAdmin<T>(kafka: Kafka, use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

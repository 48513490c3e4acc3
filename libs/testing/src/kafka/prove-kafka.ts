import { randomUUID } from 'node:crypto';
import { createTopic } from './create-topic';
import { plainKafka } from './plain-kafka';
import { readFirstRecord } from './read-first-record';

/** Rejects unless there is a real Kafka: it describes itself, and gives back what it was given. */
export async function proveKafka(brokers: readonly string[]): Promise<void> {
  const kafka = plainKafka(brokers);
  const topic = `proof-${randomUUID()}`;
  const admin = kafka.admin();
  const producer = kafka.producer();
  try {
    await admin.connect();
    const { brokers: seen } = await admin.describeCluster();
    if (seen.length === 0) throw new Error('it has no brokers');
    await createTopic(admin, { topic, numPartitions: 1 });
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ value: topic, partition: 0 }] });
    const read = await readFirstRecord(kafka, topic);
    if (read !== topic) throw new Error(`it gave back "${read}" for "${topic}"`);
    await admin.deleteTopics({ topics: [topic] });
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`no real Kafka at ${brokers.join(',')}: ${message}`, { cause: error });
  } finally {
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  }
}

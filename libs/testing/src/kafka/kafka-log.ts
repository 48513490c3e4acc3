import { randomBytes, randomUUID } from 'node:crypto';
import type { Kafka, KafkaMessage } from 'kafkajs';
import { connectKafka, findKafkaLog, KAFKA_LIMITS, type KafkaOptions } from '#libs/spend-log';
import { TEST_PARTITIONS } from '../test-database';
import { testKafkaBrokers } from './test-kafka';

/** Topics of one suite's own on the brokers of the tests. */
export interface TestTopics {
  readonly topicPrefix: string;
  readonly options: KafkaOptions;
  readonly logId: string;
  /** Deletes them. */
  remove(): Promise<void>;
}

/** kafkajs on the brokers of the tests. */
export function testKafka(): Kafka {
  return connectKafka(testKafkaOptions(''));
}

export function newTopicPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}.`;
}

/** How specs work with Kafka: less patience, smaller batches. */
export function testKafkaOptions(topicPrefix: string): KafkaOptions {
  return {
    ...KAFKA_LIMITS,
    brokers: testKafkaBrokers(),
    clientId: 'test',
    topicPrefix,
    heartbeatMs: 300,
    endsEveryMs: 50,
    retryMs: 20,
    onError: () => undefined,
  };
}

export async function createTestTopics(): Promise<TestTopics> {
  const topicPrefix = newTopicPrefix();
  const options = testKafkaOptions(topicPrefix);
  const found = await findKafkaLog(options)(TEST_PARTITIONS, undefined);
  if (!found.ok) throw new Error(found.sentence);
  const remove = () => deleteTopics(topicPrefix);
  return { topicPrefix, options, logId: found.logId!, remove };
}

export async function deleteTopics(topicPrefix: string, kafka = testKafka()): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
}

/** A log for processes, by the variables that lead them to it. */
export interface LogEnvironment {
  readonly env: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

/** @param kind where the log is; a test that does not care should hold on both */
export function logEnvironment(kind: 'Postgres' | 'Kafka'): LogEnvironment {
  if (kind === 'Postgres') return { env: {}, remove: () => Promise.resolve() };
  const topicPrefix = newTopicPrefix();
  const env = { KAFKA_BROKERS: testKafkaBrokers().join(), KAFKA_TOPIC_PREFIX: topicPrefix };
  return { env, remove: () => deleteTopics(topicPrefix) };
}

/** All records that a topic holds now. */
export async function readTopic(topic: string): Promise<KafkaMessage[]> {
  const kafka = testKafka();
  const [admin, consumer] = [kafka.admin(), kafka.consumer({ groupId: `test-${randomUUID()}` })];
  await Promise.all([admin.connect(), consumer.connect()]);
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    let missing = offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
    const messages: KafkaMessage[] = [];
    if (missing === 0) return messages;
    const done = Promise.withResolvers<void>();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        messages.push(message);
        if (--missing === 0) done.resolve();
        return Promise.resolve();
      },
    });
    const late = setTimeout(() => done.reject(new Error(`${missing} records missing`)), 30_000);
    await done.promise;
    clearTimeout(late);
    return messages;
  } finally {
    await Promise.all([consumer.disconnect(), admin.disconnect()]);
  }
}

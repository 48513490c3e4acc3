import { randomBytes } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { findKafkaLog, KAFKA_LIMITS, type KafkaOptions } from '#libs/spend-log';
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

/** A plain kafkajs on the brokers of the tests. */
export function testKafka(): Kafka {
  return new Kafka({ brokers: testKafkaBrokers(), logLevel: logLevel.NOTHING });
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

export async function deleteTopics(topicPrefix: string): Promise<void> {
  const admin = testKafka().admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
  } finally {
    await admin.disconnect();
  }
}

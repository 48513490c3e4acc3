import type { Kafka } from 'kafkajs';
import { createTopic } from './create-topic';
import { KafkaCluster, type KafkaClusterOptions } from './kafka-cluster';
import { plainKafka } from './plain-kafka';
import { readFirstRecord } from './read-first-record';

const topic = 'records';
let cluster: KafkaCluster | undefined;

async function start(options: KafkaClusterOptions): Promise<Kafka> {
  cluster = await KafkaCluster.start(options);
  return plainKafka(cluster.addresses);
}

afterEach(() => cluster?.remove());

it('keeps a record over kill -9 of the only broker', async () => {
  const kafka = await start({});
  await withAdmin(kafka, (admin) => createTopic(admin, { topic }));
  await produce(kafka, 'kept');
  await cluster!.kill(1);
  await cluster!.restart(1);
  expect(await readFirstRecord(kafka, topic)).toBe('kept');
});

it('writes on, with three brokers, when the leader is killed', async () => {
  const kafka = await start({ brokers: 3 });
  await withAdmin(kafka, (admin) => createTopic(admin, { topic }));
  await produce(kafka, 'kept');
  await cluster!.kill(await leader(kafka));
  await produce(kafka, 'more');
  expect(await readFirstRecord(kafka, topic)).toBe('kept');
});

async function withAdmin<T>(kafka: Kafka, use: (admin: ReturnType<Kafka['admin']>) => Promise<T>) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

function leader(kafka: Kafka): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]!.partitions[0]!.leader;
  });
}

async function produce(kafka: Kafka, value: string): Promise<void> {
  const producer = kafka.producer({ retry: { retries: 30, maxRetryTime: 1000 } });
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages: [{ value, partition: 0 }] });
  } finally {
    await producer.disconnect();
  }
}

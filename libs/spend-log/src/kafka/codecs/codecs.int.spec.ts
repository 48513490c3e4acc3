import { join } from 'node:path';
import { CompressionTypes, Kafka, logLevel, type KafkaMessage } from 'kafkajs';
import {
  changeBatches,
  createTopic,
  KafkaCluster,
  produceFromJava,
  waitUntil,
  withChecksum,
  withCodec,
  withSpoiledRecords,
} from '#libs/testing';
import { registerCodecs } from './codecs';
import { undecodableReason } from './stand-ins';

const { None, GZIP, Snappy, LZ4, ZSTD } = CompressionTypes;
const TOPIC = 'codecs';
/** Enough for several of the blocks that Java writes in lz4 and snappy. */
const JAVA_RECORDS = 5000;

interface OurBatch {
  readonly values: readonly string[];
  readonly compression: CompressionTypes;
  /** What happens to it on the broker's disk. */
  readonly change?: (batch: Buffer) => Buffer;
  /** What its records say then. */
  readonly told?: string;
}

const OURS: readonly OurBatch[] = [
  { values: ['none 1', 'none 2'], compression: None },
  {
    values: ['future 1', 'future 2', 'future 3'],
    compression: GZIP,
    change: (batch) => withCodec(batch, 5),
    told: 'A batch (codec 5) cannot be read: there is no such codec.',
  },
  { values: ['gzip 1', 'gzip 2'], compression: GZIP },
  {
    values: ['bad bytes 1', 'bad bytes 2'],
    compression: Snappy,
    change: withSpoiledRecords,
    told: 'A batch (codec snappy) cannot be read: its checksum does not fit its bytes.',
  },
  { values: ['snappy 1', 'snappy 2'], compression: Snappy },
  {
    values: ['written badly 1', 'written badly 2'],
    compression: LZ4,
    change: (batch) => withChecksum(withSpoiledRecords(batch)),
    told: 'A batch (codec lz4) cannot be read: no LZ4 frame.',
  },
  { values: ['lz4 1', 'lz4 2'], compression: LZ4 },
  {
    values: ['bad bytes 3'],
    compression: None,
    change: withSpoiledRecords,
    told: 'A batch (codec none) cannot be read: its checksum does not fit its bytes.',
  },
  { values: ['zstd 1', 'zstd 2'], compression: ZSTD },
];

let cluster: KafkaCluster | undefined;

beforeAll(() => registerCodecs());
afterAll(() => cluster?.remove());

it('reads every codec of Java and of ours, and on over batches that went bad on the broker', async () => {
  cluster = await KafkaCluster.start();
  const kafka = new Kafka({ brokers: cluster.addresses, logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await createTopic(admin, { topic: TOPIC, numPartitions: 1 });
  await admin.disconnect();
  const expected = await produceFromJava({
    brokers: cluster.addresses,
    topic: TOPIC,
    compressions: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    recordsEach: JAVA_RECORDS,
  });
  const changes = new Map<number, (batch: Buffer) => Buffer>();
  for (const { values, compression, change, told } of OURS) {
    if (change) changes.set(expected.length, change);
    await produce(kafka, compression, values);
    expected.push(...values.map((value) => told ?? value));
  }
  await changeBatches(join(cluster.dataDir(1), `${TOPIC}-0`), changes);

  const messages = await read(kafka, expected.length);
  expect(messages.map(({ offset }) => Number(offset))).toEqual(expected.map((_, index) => index));
  expect(messages.map(contentOf)).toEqual(expected);
});

/** One batch, which the broker decompresses in order to check it. */
async function produce(
  kafka: Kafka,
  compression: CompressionTypes,
  values: readonly string[],
): Promise<void> {
  const messages = values.map((value) => ({ value, partition: 0 }));
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: TOPIC, acks: -1, compression, messages });
  await producer.disconnect();
}

async function read(kafka: Kafka, count: number): Promise<KafkaMessage[]> {
  const messages: KafkaMessage[] = [];
  const consumer = kafka.consumer({ groupId: 'reader' });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => {
      messages.push(...batch.messages);
      return Promise.resolve();
    },
  });
  try {
    await waitUntil('all records are read', () => messages.length >= count);
  } finally {
    await consumer.disconnect();
  }
  return messages;
}

/** Its value, or why there is none. */
function contentOf({ value, headers }: KafkaMessage): string {
  return undecodableReason(headers) ?? String(value);
}

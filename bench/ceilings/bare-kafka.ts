import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Message, type Producer } from 'kafkajs';
import { quietIdleConnections } from '#libs/spend-log';
import { testKafkaBrokers } from '#libs/testing';

/** kafkajs with nothing around it, but as careful as a log has to be. */
export function bareKafka(): Kafka {
  quietIdleConnections();
  return new Kafka({ brokers: testKafkaBrokers(), logLevel: logLevel.NOTHING });
}

/** Not idempotent, which loses records where several sends are under way; each message names its partition. */
export function bareProducer(kafka: Kafka): Producer {
  return kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
  });
}

/** Some records of a topic in the order of their ids, ready to be sent to the same partitions of another. */
export async function readMessages(kafka: Kafka, topic: string, count: number): Promise<Message[]> {
  const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}` });
  await consumer.connect();
  try {
    const messages: Message[] = [];
    const done = Promise.withResolvers<void>();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ partition, message: { headers, value } }) => {
        if (messages.length < count) messages.push({ partition, value, headers: headers ?? {} });
        if (messages.length === count) done.resolve();
        return Promise.resolve();
      },
    });
    await done.promise;
    return messages.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
  } finally {
    await consumer.disconnect();
  }
}

/** Records that go at the same time: one send for each partition, because a send over several can lose records. */
export type Batch = readonly (readonly Message[])[];

export function batchesOf(messages: readonly Message[], size: number): Batch[] {
  const count = Math.floor(messages.length / size);
  return Array.from({ length: count }, (_, nth) => {
    const batch = messages.slice(nth * size, (nth + 1) * size);
    return [...Map.groupBy(batch, ({ partition }) => partition).values()];
  });
}

export async function sendBatch(to: Producer, topic: string, batch: Batch): Promise<void> {
  await Promise.all(
    batch.map(async (ofPartition) => {
      const [answer] = await to.send({ topic, acks: -1, messages: [...ofPartition] });
      if (answer?.errorCode !== 0) throw new Error(`no acknowledgement: ${JSON.stringify(answer)}`);
    }),
  );
}

function idOf({ headers }: Message): string {
  return String(headers?.['ce_id']);
}

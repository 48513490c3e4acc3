import type { Admin, Kafka } from 'kafkajs';
import { KafkaCluster, waitUntil } from '#libs/testing';
import { Acknowledged, openKafkaLedger, textRecord } from './support/kafka-ledger';
import { createTopic, naiveKafka } from './support/naive-kafka';
import { readBack } from './support/read-back';

const ROUNDS = 5;

/** tulios/kafkajs#1303: of a send that is tried again kafkajs remembers which brokers have answered, not for what. */
describe('a send to the partitions of two leaders, while one of them hands its partition to the other', () => {
  let cluster: KafkaCluster;
  let kafka: Kafka;
  let admin: Admin;

  beforeAll(async () => {
    cluster = await KafkaCluster.start({ brokers: 3 });
    kafka = naiveKafka(cluster.addresses);
    admin = kafka.admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin.disconnect();
    await cluster.remove();
  });

  it('is acknowledged by kafkajs though a message was never sent', async () => {
    const producer = kafka.producer();
    await producer.connect();
    const lost: string[] = [];
    for (let round = 0; round < ROUNDS && lost.length === 0; round++) {
      const topic = await createTopic(kafka, 2);
      const send = (values: readonly string[]) =>
        producer.send({
          topic,
          messages: values.map((value, partition) => ({ partition, value })),
        });
      await send(['a', 'b']);
      await moveLeader(admin, topic);
      await send(['c', 'd']);
      const log = await readBack(cluster.addresses, topic);
      lost.push(...['a', 'b', 'c', 'd'].filter((value) => !log.flat().includes(value)));
    }
    await producer.disconnect();
    expect(lost).toEqual(['c']);
  });

  it('loses nothing in our log, which sends to one partition at a time', async () => {
    const said: string[] = [];
    const onDebug = (line: string) => said.push(line);
    const ledger = await openKafkaLedger(cluster.addresses, 2, { onDebug });
    const appended = new Acknowledged(ledger);
    await appended.append(textRecord(0, 'a'), textRecord(1, 'b'));
    await moveLeader(admin, ledger.topic);
    await appended.append(textRecord(0, 'c'), textRecord(1, 'd'));
    expect(said.join('\n')).toContain('Failed to send messages: This server is not the leader');
    expect(await appended.found(cluster.addresses)).toEqual({ acknowledged: 4, onLog: 4 });
    await ledger.close();
  });
});

/** The broker that leads partition 1 comes to lead partition 0 too; clients are not told. */
async function moveLeader(admin: Admin, topic: string): Promise<void> {
  const before = await leaders(admin, topic);
  expect(before[0]).not.toBe(before[1]);
  const third = [1, 2, 3].find((node) => !before.includes(node))!;
  const partitionAssignment = [{ partition: 0, replicas: [before[1]!, third] }];
  await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
  await waitUntil('leadership has moved', async () => {
    const now = await leaders(admin, topic);
    return now[0] === before[1] && now[1] === before[1];
  });
}

async function leaders(admin: Admin, topic: string): Promise<number[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = topics[0]!.partitions.toSorted((a, b) => a.partitionId - b.partitionId);
  return partitions.map(({ leader }) => leader);
}

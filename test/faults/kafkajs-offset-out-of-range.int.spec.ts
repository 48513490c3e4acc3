import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { testKafkaBrokers, waitUntil } from '#libs/testing';
import { ReaderStore, StoreReader } from '../contract/reader-store';
import { openKafkaLedger, textRecord, type KafkaLedger } from './support/kafka-ledger';
import { createTopic, naiveKafka, produce, withAdmin } from './support/naive-kafka';

const TEXTS = ['a', 'b', 'c', 'd', 'e'];

/** kafkajs then goes to another place, commits that though it was told to commit nothing, and says nothing. */
describe('a log that no longer has what is to be read next', () => {
  const kafka = naiveKafka(testKafkaBrokers());

  const loseBegin = (topic: string) =>
    withAdmin(kafka, async (admin) => {
      await admin.fetchTopicMetadata({ topics: [topic] });
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
    });
  const remove = (topic: string) =>
    withAdmin(kafka, (admin) => admin.deleteTopics({ topics: [topic] }));
  const makeAgain = async (topic: string) => {
    await remove(topic);
    const topics = [{ topic, numPartitions: 1 }];
    await waitUntil('it is made again', () =>
      withAdmin(kafka, (admin) => admin.createTopics({ topics, waitForLeaders: true })),
    );
  };

  describe('in kafkajs', () => {
    let topic: string;
    beforeEach(async () => {
      topic = await createTopic(kafka);
      await produce(kafka, topic, TEXTS);
    });
    afterEach(() => remove(topic));

    it('is skipped', async () => {
      await loseBegin(topic);
      const read = await readOn(kafka, topic, { from: 1, until: 'e' });
      expect(read).toEqual({ values: ['d', 'e'], crashes: 0, committed: '-2' });
    });

    it('is replaced by what is elsewhere', async () => {
      await makeAgain(topic);
      await produce(kafka, topic, ['x']);
      const read = await readOn(kafka, topic, { from: 5, until: 'x' });
      expect(read).toEqual({ values: ['x'], crashes: 0, committed: '-2' });
    });
  });

  describe('in our log', () => {
    let ledger: KafkaLedger;
    beforeEach(async () => {
      ledger = await openKafkaLedger(testKafkaBrokers(), 1);
      await ledger.log.append(TEXTS.map((text) => textRecord(0, text)));
    });
    afterEach(() => ledger.close());

    const haltOf = async (store: ReaderStore, whileReading: () => Promise<void>) => {
      const consumption = await ledger.log.consume(new StoreReader(store));
      await whileReading();
      const sentence = () => consumption.states()[0]?.halted;
      await waitUntil('the partition halts', () => sentence() !== undefined);
      return sentence();
    };

    it('halts the partition when it is gone before', async () => {
      await loseBegin(ledger.topic);
      const store = new ReaderStore(new Map([[0, 1n]]));
      expect(await haltOf(store, () => Promise.resolve())).toBe(
        'Partition 0 of the log has offset 3 where 1 should follow: records are missing.',
      );
      expect(store.texts(0)).toEqual([]);
    });

    it('halts the partition when the topic is made again meanwhile, and lets no process start', async () => {
      const store = new ReaderStore();
      const sentence = await haltOf(store, async () => {
        await waitUntil('all is read', () => store.nextOffset(0) === 5n);
        await makeAgain(ledger.topic);
        await produce(kafka, ledger.topic, ['x']);
      });
      expect(sentence).toMatch(/was made again|ends at offset \d, but it was read up to 5/);
      expect(store.texts(0)).toEqual(TEXTS);
      expect(await ledger.fault()).toMatch(/was made again/);
    });
  });
});

/** What a consumer is given that does not keep its offsets in Kafka, and what it has committed there in the end. */
async function readOn(
  kafka: Kafka,
  topic: string,
  { from, until }: { from: number; until: string },
) {
  const values: string[] = [];
  let crashes = 0;
  const groupId = randomUUID();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
  const { CRASH, GROUP_JOIN } = consumer.events;
  consumer.on(CRASH, () => (crashes += 1));
  consumer.on(GROUP_JOIN, () => consumer.seek({ topic, partition: 0, offset: String(from) }));
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ message }) => {
      values.push(message.value!.toString());
      return Promise.resolve();
    },
  });
  await waitUntil('it is read', () => values.includes(until));
  await consumer.disconnect();
  const offsets = await withAdmin(kafka, (admin) =>
    admin.fetchOffsets({ groupId, topics: [topic] }),
  );
  return { values, crashes, committed: offsets[0]!.partitions[0]!.offset };
}

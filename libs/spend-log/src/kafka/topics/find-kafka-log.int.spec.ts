import { ConfigResourceTypes, type Admin } from 'kafkajs';
import {
  createTestTopics,
  deleteTopics,
  newTopicPrefix,
  TEST_PARTITIONS,
  testKafka,
  testKafkaOptions,
  type TestTopics,
} from '#libs/testing';
import { findKafkaLog } from './find-kafka-log';

const SETTINGS = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'unclean.leader.election.enable': 'false',
};

describe('finding the log of a ledger on Kafka', () => {
  let admin: Admin;
  const made: TestTopics[] = [];

  const make = async () => {
    made.push(await createTestTopics());
    return made.at(-1)!;
  };
  const ledgerTopic = ({ topicPrefix }: TestTopics) => `${topicPrefix}spend.ledger.v1`;
  /** Kafka takes all of a topic's settings at once. */
  const alter = (topics: TestTopics, name: string, value: string) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: ledgerTopic(topics),
          configEntries: Object.entries({ ...SETTINGS, [name]: value }).map((entry) => ({
            name: entry[0],
            value: entry[1],
          })),
        },
      ],
    });

  beforeAll(async () => {
    admin = testKafka().admin();
    await admin.connect();
  });
  afterAll(async () => {
    for (const topics of made) await topics.remove();
    await admin.disconnect();
  });

  it('makes the topics that are missing, with what a ledger asks of them', async () => {
    const { topicPrefix } = await make();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix));
    expect(topics.sort()).toEqual([
      `${topicPrefix}spend.ledger.v1`,
      `${topicPrefix}spend.reported.v1`,
      `${topicPrefix}spend.reported.v1.dlt`,
    ]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
    });
    const settings = resources.map(({ configEntries }) =>
      Object.fromEntries(configEntries.map((entry) => [entry.configName, entry.configValue])),
    );
    expect(settings[0]).toMatchObject(SETTINGS);
    expect(settings[1]).toMatchObject({ 'message.timestamp.type': 'LogAppendTime' });
  });

  it('finds it again, with what it holds', async () => {
    const topics = await make();
    const producer = testKafka().producer();
    await producer.connect();
    const messages = [{ partition: 3, value: 'x' }];
    await producer.send({ topic: ledgerTopic(topics), messages });
    await producer.disconnect();
    const found = await findKafkaLog(topics.options)(TEST_PARTITIONS, topics.logId);
    expect(found).toMatchObject({ ok: true, logId: topics.logId });
    expect(found.ok && found.endOffsets.get(3)).toBe(1n);
  });

  it.each([
    ['retention.ms', '604800000', 'the record is kept for ever'],
    ['retention.bytes', '1000000', 'the record is kept whole'],
    ['cleanup.policy', 'compact', 'nothing may be compacted away'],
    ['unclean.leader.election.enable', 'true', 'an election must not lose what was acknowledged'],
  ])('refuses a topic with %s=%s', async (name, value, why) => {
    const topics = await make();
    await alter(topics, name, value);
    expect(await findKafkaLog(topics.options)(TEST_PARTITIONS, topics.logId)).toEqual({
      ok: false,
      sentence: expect.stringMatching(
        new RegExp(`^The topic .* has ${name}=${value}, but must have ${name}=.*: ${why}\\.$`),
      ) as string,
    });
  });

  it('refuses a topic with another number of partitions', async () => {
    const topics = await make();
    expect(await findKafkaLog(topics.options)(7, topics.logId)).toEqual({
      ok: false,
      sentence: `The topic ${ledgerTopic(topics)} has 12 partitions, but this ledger has 7, and the number is fixed for ever.`,
    });
  });

  it('refuses a topic that was deleted, and one that was made again', async () => {
    const topics = await make();
    await deleteTopics(topics.topicPrefix);
    const gone = await findKafkaLog(topics.options)(TEST_PARTITIONS, topics.logId);
    expect(gone).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('is gone') as string,
    });
    const again = await findKafkaLog(topics.options)(TEST_PARTITIONS, undefined);
    expect(again.ok).toBe(true);
    const other = await findKafkaLog(topics.options)(TEST_PARTITIONS, topics.logId);
    expect(other).toEqual({
      ok: false,
      sentence: `The topic ${ledgerTopic(topics)} was made again: it is not the one that has the log of this ledger.`,
    });
  });

  it('refuses another cluster', async () => {
    const topics = await make();
    const elsewhere = topics.logId.replace(/^[^/]+/, 'another-cluster');
    const found = await findKafkaLog(topics.options)(TEST_PARTITIONS, elsewhere);
    expect(found).toMatchObject({
      ok: false,
      sentence: expect.stringMatching(
        /^KAFKA_BROKERS leads to the cluster \S+, but the log of this ledger is on the cluster another-cluster/,
      ) as string,
    });
  });

  it('refuses a ledger whose log is in Postgres', async () => {
    expect(await findKafkaLog(testKafkaOptions(newTopicPrefix()))(TEST_PARTITIONS, null)).toEqual({
      ok: false,
      sentence:
        'KAFKA_BROKERS is set, but this ledger keeps its log in Postgres, and a ledger has one log for ever.',
    });
  });
});

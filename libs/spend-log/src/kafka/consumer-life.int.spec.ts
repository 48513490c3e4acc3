import type { Admin, Kafka } from 'kafkajs';
import { createTestTopics, testKafka, waitUntil, type TestTopics } from '#libs/testing';
import { TOPICS } from '#libs/wire';
import { ConsumerLife } from './consumer-life';

/** Longer than this suite lasts: nobody is dropped from the group for silence. */
const SESSION_MS = 60_000;
const UNLUCKY_MS = [0, 10, 30, 60, 120];

describe('a consumer that is stopped while it joins', () => {
  let topics: TestTopics;
  let kafka: Kafka;
  let admin: Admin;

  beforeAll(async () => {
    topics = await createTestTopics();
    kafka = testKafka();
    admin = kafka.admin();
    await admin.connect();
  });
  afterAll(async () => {
    await admin.disconnect();
    await topics.remove();
  });

  const begin = (groupId: string) =>
    new ConsumerLife(
      kafka.consumer({ groupId, sessionTimeout: SESSION_MS, maxWaitTimeInMs: 100 }),
      {
        topic: topics.topicPrefix + TOPICS.ledger,
        eachBatch: () => Promise.resolve(),
        concurrency: 1,
        retryMs: 1,
      },
    );
  const members = async (groupId: string) =>
    (await admin.describeGroups([groupId])).groups[0]!.members.length;

  it.each(UNLUCKY_MS)('leaves nobody behind in its group (after %i ms)', async (ms) => {
    const groupId = `${topics.topicPrefix}${ms}`;
    const life = begin(groupId);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await life.stop();
    expect(await members(groupId)).toBe(0);
    const next = begin(groupId);
    await waitUntil('the next one is alone in it', async () => (await members(groupId)) === 1);
    await next.stop();
    expect(await members(groupId)).toBe(0);
  });
});

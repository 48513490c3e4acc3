import { randomUUID } from 'node:crypto';
import {
  createTestDatabase,
  createTestTopics,
  SocketSwitch,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  waitUntil,
  type TestDatabase,
  type TestTopics,
} from '#libs/testing';
import { openKafkaLog, type OpenKafka } from './open-kafka-log';

const record = (text: string) => ({ partition: 0, headers: {}, value: Buffer.from(text) });

describe('appending while the brokers are silent', () => {
  const sockets = new SocketSwitch();
  let db: TestDatabase;
  let topics: TestTopics;
  let opened: OpenKafka;

  beforeAll(async () => {
    [db, topics] = await Promise.all([createTestDatabase(), createTestTopics()]);
    opened = await openKafkaLog(
      db.database,
      {
        id: randomUUID(),
        currency: TEST_CURRENCY,
        partitions: TEST_PARTITIONS,
        logId: topics.logId,
      },
      { ...topics.options, appendWaitMs: 300, socketFactory: sockets.factory },
    );
  });
  afterAll(async () => {
    await opened.close();
    await topics.remove();
    await db.drop();
  });

  it('is given up after its time, refused at once from then on, and goes on by itself', async () => {
    const { log } = opened;
    expect(await log.append([record('a')])).toEqual([0n]);
    sockets.freeze();
    await expect(log.append([record('b')])).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    const late = Array.from({ length: 100 }, () => log.append([record('c')]));
    for (const each of late) await expect(each).rejects.toThrow(/has not answered for 300 ms/);
    expect(log.pending()).toBe(1);

    sockets.thaw();
    await waitUntil('what was on its way has arrived', () => log.pending() === 0);
    expect(await log.append([record('d')])).toEqual([2n]);
  });
});

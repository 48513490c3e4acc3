import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, KafkaConfig } from 'kafkajs';
import { waitUntil } from '../../wait-until';
import { KafkaCluster } from '../kafka-cluster';
import { plainKafka } from '../plain-kafka';
import { KafkaProxy } from './kafka-proxy';

const SESSION_MS = 3000;
const A_WHILE_MS = 300;

describe('the proxy before a broker', () => {
  let proxy: KafkaProxy;
  let cluster: KafkaCluster;
  let topic: string;
  let admin: Admin;
  let closes: (() => Promise<void>)[];

  const connect = (given: Partial<KafkaConfig> = {}) => {
    const retry = { initialRetryTime: 50, maxRetryTime: 200 };
    return plainKafka(proxy.brokers, { retry, ...given });
  };
  const producer = async (given: Partial<KafkaConfig> = {}) => {
    const made = connect(given).producer();
    await made.connect();
    closes.push(() => made.disconnect());
    return (value: string) => made.send({ topic, messages: [{ value }] });
  };
  const recordsOnLog = async () => Number((await admin.fetchTopicOffsets(topic))[0]!.high);

  beforeAll(async () => {
    proxy = await KafkaProxy.listen([1]);
    cluster = await KafkaCluster.start({ advertise: proxy.advertise });
    admin = connect().admin();
    await admin.connect();
  });
  beforeEach(async () => {
    closes = [];
    topic = randomUUID();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
  });
  afterEach(() => Promise.all(closes.map((close) => close())));
  afterAll(async () => {
    await admin.disconnect();
    await proxy.close();
    await cluster.remove();
  });

  it('loses the answer to what the broker has done', async () => {
    const send = await producer();
    const fault = proxy.inject({ kind: 'lose the answer' }, { api: 'Produce', from: 2, times: 2 });
    await send('a');
    await send('b');
    expect(fault.struck).toBe(2);
    expect(await recordsOnLog()).toBe(4);
  });

  it('cuts a connection before the broker hears of the request', async () => {
    const send = await producer();
    const fault = proxy.inject({ kind: 'cut' }, { api: 'Produce', node: 1 });
    const elsewhere = proxy.inject({ kind: 'cut' }, { api: 'Produce', node: 2 });
    await send('a');
    expect([fault.struck, elsewhere.struck]).toEqual([1, 0]);
    expect(await recordsOnLog()).toBe(1);
  });

  it('delays an answer until the client has given it up', async () => {
    const send = await producer({ requestTimeout: 500 });
    const fault = proxy.inject({ kind: 'delay the answer', ms: 1500 }, { api: 'Produce' });
    await send('a');
    expect(fault.struck).toBe(1);
    expect(await recordsOnLog()).toBeGreaterThan(1);
  });

  it('swallows heartbeats, so that the group goes on without the member', async () => {
    const groupId = randomUUID();
    await waitUntil('the broker keeps groups', async () => {
      await admin.fetchOffsets({ groupId, topics: [topic] });
      return true;
    });
    const consumer = connect({ requestTimeout: 2000 }).consumer({
      groupId,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: A_WHILE_MS,
      maxWaitTimeInMs: A_WHILE_MS,
      retry: { restartOnFailure: () => Promise.resolve(false) },
    });
    await consumer.connect();
    closes.push(() => consumer.disconnect());
    await consumer.subscribe({ topic });
    await consumer.run({ eachMessage: () => Promise.resolve() });
    const state = async () => (await admin.describeGroups([groupId])).groups[0]!.state;
    await waitUntil('the member is in the group', async () => (await state()) === 'Stable');
    const fault = proxy.inject({ kind: 'swallow' }, { api: 'Heartbeat', times: Infinity });
    await waitUntil('the group is empty', async () => (await state()) === 'Empty');
    expect(fault.struck).toBeGreaterThan(0);
  });

  it('freezes and thaws', async () => {
    const send = await producer();
    await send('a');
    proxy.freeze(1);
    const sending = send('b').then(() => 'sent');
    expect(await Promise.race([sending, sleep(A_WHILE_MS, 'frozen')])).toBe('frozen');
    proxy.thaw(1);
    expect(await sending).toBe('sent');
    expect(await recordsOnLog()).toBe(2);
  });
});

import type { ProducerConfig } from 'kafkajs';
import { KafkaCluster, KafkaProxy, waitUntil } from '#libs/testing';
import { Acknowledged, openKafkaLedger, textRecord } from './support/kafka-ledger';
import { createTopic, naiveKafka } from './support/naive-kafka';
import { readBack } from './support/read-back';

/** How often kafkajs tries again by default, though its documentation says that an idempotent producer does for ever. */
const RETRIES = process.env['NODE_ENV'] === 'test' ? 15 : 5;

describe('acknowledgements that are lost one after the other', () => {
  let proxy: KafkaProxy;
  let cluster: KafkaCluster;

  beforeAll(async () => {
    proxy = await KafkaProxy.listen([1]);
    cluster = await KafkaCluster.start({ advertise: proxy.advertise });
  });
  afterAll(async () => {
    await proxy.close();
    await cluster.remove();
  });

  const loseAnswers = (times: number) =>
    proxy.inject({ kind: 'lose the answer' }, { api: 'Produce', times });

  const connectIdempotent = async (given: ProducerConfig) => {
    const kafka = naiveKafka(proxy.brokers);
    const topic = await createTopic(kafka);
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, ...given });
    await producer.connect();
    const send = (value: string) => producer.send({ topic, messages: [{ partition: 0, value }] });
    return { topic, producer, send };
  };

  it('make an idempotent producer of kafkajs give up, and lose what it is given next', async () => {
    const { topic, producer, send } = await connectIdempotent({});
    const lost = loseAnswers(RETRIES + 1);
    await expect(send('a')).rejects.toMatchObject({ name: 'KafkaJSNumberOfRetriesExceeded' });
    expect(lost.struck).toBe(RETRIES + 1);
    expect(await send('b')).toMatchObject([{ errorCode: 0, baseOffset: '0' }]);
    await producer.disconnect();
    expect(await readBack(proxy.brokers, topic)).toEqual([['a']]);
  });

  it('do nothing to one that is told to try for ever', async () => {
    const retry = { retries: Number.MAX_SAFE_INTEGER };
    const { topic, producer, send } = await connectIdempotent({ retry });
    const lost = loseAnswers(RETRIES + 1);
    await send('a');
    await send('b');
    expect(lost.struck).toBe(RETRIES + 1);
    await producer.disconnect();
    expect(await readBack(proxy.brokers, topic)).toEqual([['a', 'b']]);
  });

  it('make an append to our log give up, and lose nothing', async () => {
    const ledger = await openKafkaLedger(proxy.brokers, 1, { appendWaitMs: 1000 });
    const appended = new Acknowledged(ledger);
    const lost = loseAnswers(8);
    await expect(appended.append(textRecord(0, 'a'))).rejects.toThrow('did not answer within');
    await waitUntil('an append is acknowledged', async () => {
      await appended.append(textRecord(0, 'b'));
      return true;
    });
    expect(lost.struck).toBe(8);
    const log = (await readBack(proxy.brokers, ledger.topic)).flat();
    expect(new Set(log)).toEqual(new Set(['a', 'b']));
    expect(await appended.found(proxy.brokers)).toEqual({ acknowledged: 1, onLog: 1 });
    await ledger.close();
  });
});

import { KafkaCluster, KafkaProxy } from '#libs/testing';
import { Acknowledged, openKafkaLedger, textRecord } from './support/kafka-ledger';
import { createTopic, naiveKafka } from './support/naive-kafka';
import { readBack } from './support/read-back';

const ROUNDS = 10;

/** kafkajs gives the sequence number of a send that waits to be tried again to another one, which so is its duplicate. */
describe('of two sends at once, one of whose acknowledgements is lost', () => {
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

  const inRounds = async (appendTwo: (round: number) => Promise<unknown>) => {
    for (let round = 0; round < ROUNDS; round++) {
      const answer = proxy.inject({ kind: 'lose the answer' }, { api: 'Produce' });
      await appendTwo(round);
      expect(answer.struck).toBe(1);
    }
  };

  it('an idempotent producer of kafkajs acknowledges one that is not on the log', async () => {
    const kafka = naiveKafka(proxy.brokers);
    const topic = await createTopic(kafka);
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      retry: { retries: Number.MAX_SAFE_INTEGER },
    });
    await producer.connect();
    const acknowledged: string[] = [];
    const send = async (value: string) => {
      await producer.send({ topic, messages: [{ partition: 0, value }] });
      acknowledged.push(value);
    };
    await inRounds((round) => Promise.all([send(`${round} a`), send(`${round} b`)]));
    await producer.disconnect();
    const log = new Set((await readBack(proxy.brokers, topic)).flat());
    expect(acknowledged).toHaveLength(2 * ROUNDS);
    expect(log.size).toBeLessThan(acknowledged.length);
  });

  it('our log has both', async () => {
    const ledger = await openKafkaLedger(proxy.brokers, 2);
    const appended = new Acknowledged(ledger);
    const append = (round: number) => [
      appended.append(textRecord(0, `${round} a`), textRecord(1, `${round} b`)),
      appended.append(textRecord(0, `${round} c`)),
    ];
    await inRounds((round) => Promise.all(append(round)));
    const records = 3 * ROUNDS;
    expect(await appended.found(proxy.brokers)).toEqual({ acknowledged: records, onLog: records });
    await ledger.close();
  });
});

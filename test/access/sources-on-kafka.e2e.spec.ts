import type { KafkaMessage } from 'kafkajs';
import {
  correctionEvent,
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  readTopic,
  spendEvent,
  testKafka,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { structured } from '../faults/support/reported-records';
import { accessCommand, createToken } from './support/credentials';

const ML = { type: 'team', teamId: 'ml' };
const OPS_TEAM = { type: 'team', teamId: 'ops' };
const ALICE = { type: 'user', userId: 'alice' };

describe('what sources may report over Kafka', () => {
  const log = logEnvironment('Kafka');
  const topic = `${log.env['KAFKA_TOPIC_PREFIX']}spend.reported.v1`;
  let db: TestDatabase;
  let env: Record<string, string>;
  let ledger: LedgerProcess;
  let reader: string;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    env = { DATABASE_URL: db.url, ...log.env };
    ledger = await LedgerProcess.openReady({
      env: { ...env, INSECURE_NO_AUTH: '' },
    });
    reader = await createToken(env, 'reader', 'audit');
    const allow = ['sources', 'allow', '--source'];
    await accessCommand(env, ...allow, 'gateway-a', '--team', 'ml', '--name', 'gw-a');
    await accessCommand(env, ...allow, 'finance', '--roles', 'admin');
  });
  afterAll(async () => {
    await ledger.stop();
    await log.remove();
    await db.drop();
  });

  async function report(...events: object[]): Promise<void> {
    const producer = testKafka().producer();
    await producer.connect();
    await producer.send({ topic, messages: events.map((event) => structured(event)) });
    await producer.disconnect();
  }

  const eventOf = (id: string, source: string) =>
    ledger.http.as(reader).get(`/v1/event?source=${source}&id=${id}`);

  async function deadLetters(count: number): Promise<Map<string, KafkaMessage>> {
    let messages: KafkaMessage[] = [];
    await waitUntil(`${count} dead letters`, async () => {
      messages = await readTopic(`${topic}.dlt`);
      return messages.length >= count;
    });
    const idOf = ({ value }: KafkaMessage) => (JSON.parse(value!.toString()) as { id: string }).id;
    return new Map(messages.map((message) => [idOf(message), message]));
  }

  it('is said by a list: what is not on it goes to the dead letters', async () => {
    await report(
      spendEvent(ML, '1.00', { id: 'own', source: 'gateway-a' }),
      spendEvent(OPS_TEAM, '1.00', { id: 'other-team', source: 'gateway-a' }),
      spendEvent(ALICE, '1.00', { id: 'personal', source: 'gateway-a' }),
      spendEvent(ML, '1.00', { id: 'stranger', source: 'gateway-z' }),
      correctionEvent(
        { source: 'gateway-a', id: 'own' },
        { kind: 'reverse' },
        {
          id: 'no-admin',
          source: 'gateway-a',
        },
      ),
      spendEvent(ML, '1.00', { id: 'no-record', source: 'finance' }),
    );
    const refused = await deadLetters(5);
    const ids = ['no-admin', 'no-record', 'other-team', 'personal', 'stranger'];
    expect([...refused.keys()].sort()).toEqual(ids);
    for (const [id, { headers }] of refused) {
      expect([id, String(headers!['dlt_error_code'])]).toEqual([id, 'forbidden']);
      expect((await eventOf(id, id === 'stranger' ? 'gateway-z' : 'gateway-a')).status).toBe(404);
    }
    await waitUntil('the spend is on record', async () => {
      return (await eventOf('own', 'gateway-a')).status === 200;
    });
    expect((await eventOf('own', 'gateway-a')).body.caller).toBe('gw-a');
  });

  it('holds for keys that others have used as well', async () => {
    await accessCommand(env, 'sources', 'allow', '--source', 'gateway-o', '--team', 'ops');
    await report(
      spendEvent({ ...OPS_TEAM, keyId: 'of-ops' }, '1.00', { id: 'ops', source: 'gateway-o' }),
    );
    await waitUntil('its owner has used it', async () => {
      return (await eventOf('ops', 'gateway-o')).status === 200;
    });
    await report(
      spendEvent({ ...ML, keyId: 'of-ops' }, '9.00', { id: 'foreign-key', source: 'gateway-a' }),
    );
    const refused = (await deadLetters(6)).get('foreign-key');
    expect(String(refused!.headers!['dlt_error_code'])).toBe('forbidden');
  });

  it('is known within a moment when it changes', async () => {
    await accessCommand(env, 'sources', 'revoke', 'gw-a');
    await accessCommand(env, 'sources', 'allow', '--source', 'gateway-a', '--team', 'ops');
    await waitUntil('the other team is accepted', async () => {
      await report(spendEvent(OPS_TEAM, '1.00', { id: 'now-own', source: 'gateway-a' }));
      return (await eventOf('now-own', 'gateway-a')).status === 200;
    });
  });
});

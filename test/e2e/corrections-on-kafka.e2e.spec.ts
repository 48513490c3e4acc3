import type { Message } from 'kafkajs';
import {
  correctionEvent,
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  projectionDifferences,
  readTopic,
  spendEvent,
  testKafka,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };
const CALL = { source: 'test-gateway', id: 'call-1' };

describe('corrections that are reported on Kafka', () => {
  const log = logEnvironment('Kafka');
  const topic = `${log.env['KAFKA_TOPIC_PREFIX']}spend.reported.v1`;
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    ledger = await LedgerProcess.start({
      env: { DATABASE_URL: db.url, ...log.env },
    });
  });
  afterAll(async () => {
    await ledger.stop();
    await log.remove();
    await db.drop();
  });

  it('count like those at other doors, also where they come with their spend, in either mode', async () => {
    const first = correctionEvent(CALL, { kind: 'amend', amount: '7.00' });
    const last = correctionEvent(CALL, { kind: 'amend', amount: '3.00' });
    const spend = spendEvent(ALICE, '10.00', CALL);
    await report([structured(spend), structured(first), binary(last)]);
    await waitUntil('the last one counts', async () => {
      const { body } = await ledger.http.balance('user:alice');
      return body.spentAllTime === '3.00';
    });
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('are buried where they correct nothing, with the reason', async () => {
    const unknown = { source: 'test-gateway', id: 'never-seen' };
    await report([binary(correctionEvent(unknown, { kind: 'reverse' }))]);
    await waitUntil('it is buried', async () => (await codes()).length > 0);
    expect(await codes()).toEqual(['unknown_event']);
  });

  async function codes(): Promise<(string | undefined)[]> {
    const letters = await readTopic(`${topic}.dlt`);
    return letters.map(({ headers }) => headers?.['dlt_error_code']?.toString());
  }

  async function report(messages: Message[]): Promise<void> {
    const producer = testKafka().producer();
    await producer.connect();
    await producer.send({
      topic,
      messages: messages.map((message) => ({ ...message, partition: 0 })),
    });
    await producer.disconnect();
  }
});

function structured(event: Record<string, unknown>): Message {
  const headers = { 'content-type': 'application/cloudevents+json' };
  return { headers, value: JSON.stringify(event) };
}

function binary({ data, ...attributes }: Record<string, unknown>): Message {
  const headers = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]),
  );
  return {
    headers: { ...headers, 'content-type': 'application/json' },
    value: JSON.stringify(data),
  };
}

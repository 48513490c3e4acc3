import type { Message } from 'kafkajs';
import {
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  readTopic,
  reportFromJava,
  spendEvent,
  testKafka,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';

const SCOPE = { type: 'user', userId: 'josé' };
const SOURCE = 'producer';

describe('CloudEvents on Kafka as SDKs write them', () => {
  const log = logEnvironment('Kafka');
  const topic = `${log.env['KAFKA_TOPIC_PREFIX']}spend.reported.v1`;
  const brokers = log.env['KAFKA_BROKERS']!.split(',');
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

  const event = (id: string) => spendEvent(SCOPE, '1.50', { id, source: SOURCE });
  const onRecord = (id: string) => ledger.http.get(`/v1/event?source=${SOURCE}&id=${id}`);
  const isRecorded = (id: string) =>
    waitUntil(`${id} is recorded`, async () => (await onRecord(id)).status === 200);

  // Python's to_structured gives the value, and leaves the header to its caller.
  it.each<[string, Record<string, string>]>([
    ['no headers', {}],
    ['the content type of its data', { 'content-type': 'application/json' }],
    ['another content type', { 'content-type': 'application/octet-stream' }],
    ['its own content type', { 'content-type': 'application/cloudevents+json' }],
  ])('are recorded where the value is a whole event and the record has %s', async (id, headers) => {
    await report({ headers, value: JSON.stringify(event(id)) });
    await isRecorded(id);
  });

  it('are recorded where the data stand in base64, as the same event', async () => {
    const id = 'in base64';
    const { data, ...attributes } = event(id);
    const data_base64 = Buffer.from(JSON.stringify(data)).toString('base64');
    await report({ value: JSON.stringify({ ...attributes, data_base64 }) });
    await isRecorded(id);
    const again = await ledger.http.post('/v1/events', event(id), 'application/cloudevents+json');
    expect([again.status, again.body.duplicate]).toEqual([200, true]);
  });

  it('are read without their headers that have no value', async () => {
    const { data, ...attributes } = event('binary');
    const named = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]);
    await reportFromJava({
      brokers,
      topic,
      value: JSON.stringify(data),
      headers: {
        ...Object.fromEntries(named),
        'content-type': null,
        ce_datacontenttype: null,
        ce_dataschema: null,
        ce_subject: null,
        ce_traceparent: null,
        mine: null,
      },
    });
    await isRecorded('binary');
    const { body } = await onRecord('binary');
    for (const name of ['dataschema', 'subject', 'traceparent'])
      expect(body).not.toHaveProperty(name);

    await reportFromJava({
      brokers,
      topic,
      value: JSON.stringify(event('structured')),
      headers: { 'content-type': null, ce_id: null, ce_time: null },
    });
    await isRecorded('structured');
  });

  it('are buried where an attribute that is needed has no value, or a type is wrong', async () => {
    const { data, ...attributes } = event('timeless');
    const named = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, String(value)]);
    const value = JSON.stringify(data);
    const headers = { ...Object.fromEntries(named), ce_time: null };
    await reportFromJava({ brokers, topic, value, headers });
    await report({ value: JSON.stringify({ ...event('typed'), subject: 5 }) });
    await waitUntil('both are buried', async () => (await faults()).length === 2);
    expect(await faults()).toEqual([
      [{ field: 'time', rule: 'required', message: 'is missing' }],
      [{ field: 'subject', rule: 'string', message: 'must be a string' }],
    ]);
  });

  async function faults(): Promise<unknown[]> {
    const letters = await readTopic(`${topic}.dlt`);
    return letters.map(({ headers }) => JSON.parse(String(headers!['dlt_errors'])) as unknown);
  }

  async function report(message: Message): Promise<void> {
    const producer = testKafka().producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ ...message, partition: 0 }] });
    await producer.disconnect();
  }
});

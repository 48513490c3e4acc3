import { status as grpcStatus } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  logEnvironment,
  readTopic,
  spendEvent,
  testKafka,
  waitUntil,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from './support/expect-problem';
import { callGrpc } from './support/grpc-outcome';

const SCOPE = { type: 'team', teamId: 'ml' };
const MESSAGE = {
  source: 'test',
  time: { seconds: 1_777_284_000 },
  scope: { team: { team_id: 'ml' } },
  amount: '1.00',
};
const MARK = 'pLanTedLabel0123';
const SECRET = `sk-${MARK}`;
const EVENT = 'application/cloudevents+json';

describe('a ledger that accepts the labels org and project', () => {
  const log = logEnvironment('Kafka');
  const topic = `${log.env['KAFKA_TOPIC_PREFIX']}spend.reported.v1`;
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    ledger = await LedgerProcess.start({
      env: { DATABASE_URL: db.url, ...log.env, LABELS: 'org,project' },
    });
    grpc = ledger.grpc();
  });
  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await log.remove();
    await db.drop();
  });

  const event = (id: string, labels: object) =>
    spendEvent(SCOPE, '1.00', { id, source: 'test' }, { labels });

  it('records them through every door, and shows them', async () => {
    const labels = { org: 'acme', project: 'a/b c%' };
    expect((await ledger.http.post('/v1/events', event('http', labels), EVENT)).status).toBe(201);
    const message = { ...MESSAGE, id: 'grpc', labels };
    const { code } = await callGrpc(grpc, 'IngestService', 'RecordSpend', { event: message });
    expect(code).toBe(grpcStatus.OK);
    await report([event('kafka', labels)]);
    for (const id of ['http', 'grpc', 'kafka']) {
      await waitUntil(`${id} is shown`, async () => (await onRecord(id)).status === 200);
      expect((await onRecord(id)).body.data.labels).toEqual(labels);
    }
  });

  it('refuses another name over HTTP, alone and in a batch', async () => {
    const given = event('typo', { org: 'acme', projct: 'search' });
    expectProblem(await ledger.http.post('/v1/events', given, EVENT), 400, 'invalid', [
      ['data.labels.projct', 'one_of'],
    ]);
    const batch = await ledger.http.post(
      '/v1/events',
      [given, event('right', { org: 'acme' })],
      'application/cloudevents-batch+json',
    );
    expect(batch.body.results).toMatchObject([
      { status: 400, problem: { errors: [{ field: 'data.labels.projct', rule: 'one_of' }] } },
      { status: 201 },
    ]);
  });

  it('refuses another name over gRPC, alone and in a batch', async () => {
    const message = { ...MESSAGE, id: 'typo', labels: { projct: 'search' } };
    expect(await callGrpc(grpc, 'IngestService', 'RecordSpend', { event: message })).toMatchObject({
      code: grpcStatus.INVALID_ARGUMENT,
      faults: [['event.labels.projct', 'one_of']],
    });
    const { value } = await callGrpc(grpc, 'IngestService', 'RecordSpendBatch', {
      events: [message],
    });
    expect(value.results).toMatchObject([
      { problem: { errors: [{ field: 'events[0].labels.projct', rule: 'one_of' }] } },
    ]);
  });

  it('buries what it refuses on the topic, and repeats no secret beside it', async () => {
    await report([
      event('typo', { projct: 'search' }),
      event('proto', JSON.parse('{"__proto__":"x"}') as object),
      event('value', { org: SECRET }),
      event('name', { [SECRET]: 'acme' }),
      { ...event('ours', {}), ledgerlabels: '{"org":"acme"}' },
    ]);
    await waitUntil('all are buried', async () => (await buried()).length === 5);
    const said = (await buried()).map((headers) => String(headers['dlt_errors']));
    expect(
      said.map((text) =>
        (JSON.parse(text) as { field: string; rule: string }[]).map(
          ({ field, rule }) => `${field} ${rule}`,
        ),
      ),
    ).toEqual([
      ['data.labels.projct one_of'],
      ['data.labels.__proto__ label_name'],
      ['data.labels.org secret'],
      ['data.labels.(secret) secret'],
      ['ledgerlabels reserved'],
    ]);
    expect(JSON.stringify(await buried())).not.toContain(MARK);
    expect(ledger.output).not.toContain(MARK);
  });

  async function onRecord(id: string) {
    return ledger.http.get(`/v1/event?source=test&id=${id}`);
  }

  /** The headers that the ledger added, of each dead letter. */
  async function buried(): Promise<Record<string, string>[]> {
    const letters = await readTopic(`${topic}.dlt`);
    return letters.map(({ headers = {} }) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    );
  }

  async function report(events: readonly object[]): Promise<void> {
    const producer = testKafka().producer();
    await producer.connect();
    const messages = events.map((given) => ({ value: JSON.stringify(given), partition: 0 }));
    await producer.send({ topic, messages });
    await producer.disconnect();
  }
});

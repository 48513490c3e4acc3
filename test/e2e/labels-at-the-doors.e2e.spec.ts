import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  spendEvent,
  type GrpcLedger,
  type TestDatabase,
  waitUntil,
} from '#libs/testing';
import { footprintOf } from './support/footprint';
import { callGrpc, GrpcBytes } from './support/grpc-outcome';
import { field, requestBytes } from './support/wire-bytes';

const RECORD = 'IngestService/RecordSpend';
const SCOPE = { type: 'user', userId: 'alice' };
const MESSAGE = {
  id: 'call-1',
  source: 'test',
  time: { seconds: Date.parse('2026-04-27T10:00:00Z') / 1000, nanos: 0 },
  scope: { user: { user_id: 'alice' } },
  amount: '1.00',
};
const EVENT = 'application/cloudevents+json';
/** The fields of an event. */
const [LABELS, METADATA] = [12, 11];

/** An entry of the labels, as no client would write it. */
const label = (name: string, value: string): number[] =>
  field(LABELS, [...field(1, name), ...field(2, value)]);
/** An entry of a Struct: a is null. */
const NULL_A = field(1, [...field(1, 'a'), ...field(2, [0x08, 0])]);
const LONG = 'a'.repeat(64);

describe('labels at the doors', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;
  let bytesDoor: GrpcBytes;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    grpc = ledger.grpc();
    bytesDoor = new GrpcBytes(ledger.grpcAddress);
  });

  afterAll(async () => {
    grpc.close();
    bytesDoor.close();
    await ledger.stop();
    await db.drop();
  });

  it.each<[string, object, string, string]>([
    ['an empty value', { org: '' }, 'event.labels.org', 'not_empty'],
    ['too long a value', { org: 'x'.repeat(257) }, 'event.labels.org', 'length'],
    ['U+0000 in a value', { org: 'a\0' }, 'event.labels.org', 'control'],
    ['white space around a value', { org: ' x' }, 'event.labels.org', 'trimmed'],
    ['no name', { '': 'x' }, 'event.labels.', 'label_name'],
    ['a name in capitals', { Org: 'x' }, 'event.labels.Org', 'label_name'],
    ['a name that begins with a digit', { '1a': 'x' }, 'event.labels.1a', 'label_name'],
    ['too long a name', { [LONG]: 'x' }, `event.labels.${LONG}`, 'label_name'],
    [
      'nine names',
      Object.fromEntries(Array.from('abcdefghi', (name) => [name, 'x'])),
      'event.labels',
      'max_members',
    ],
  ])('are refused over gRPC with %s', async (_what, labels, at, rule) => {
    await refused(requestBytes(RECORD, { event: { ...MESSAGE, labels } }), at, rule);
  });

  // A map key of this name is one that readers of protobuf have lost, and with it what the caller meant.
  it.each<[string, number[], string, string]>([
    ['a name twice', [...label('org', 'a'), ...label('org', 'b')], 'event.labels', 'single'],
    ['the same twice', [...label('org', 'a'), ...label('org', 'a')], 'event.labels', 'single'],
    ['the name __proto__', label('__proto__', 'x'), 'event.labels.__proto__', 'label_name'],
    [
      'a name twice in metadata',
      field(METADATA, [...NULL_A, ...NULL_A]),
      'event.metadata',
      'single',
    ],
  ])('are refused over gRPC as bytes with %s', async (_what, bytes, at, rule) => {
    const event = [...requestBytes(RECORD, { event: MESSAGE })].slice(2);
    await refused(Uint8Array.from(field(1, [...event, ...bytes])), at, rule);
  });

  it('may be named as a member of all objects is', async () => {
    const message = { ...MESSAGE, id: 'constructed', labels: { constructor: 'x' } };
    expect((await overGrpc(message)).code).toBe(status.OK);
    expect((await overGrpc({ ...message, labels: { constructor: 'y' } })).reason).toBe(
      'event_conflict',
    );
    const { body } = await post('constructed', { labels: { constructor: 'x' } });
    expect(body.duplicate).toBe(true);
  });

  it('are no part of an event that has none, however it says so', async () => {
    expect((await post('unlabelled', {})).status).toBe(201);
    expect((await post('unlabelled', { labels: {} })).body.duplicate).toBe(true);
    for (const more of [{}, { labels: {} }]) {
      const { value } = await overGrpc({ ...MESSAGE, id: 'unlabelled', ...more });
      expect(value.receipt.duplicate).toBe(true);
    }
  });

  it('are content: an event that has others is another', async () => {
    const labels = { project: 'a/b c%', org: 'x' };
    const { body } = await post('labelled', { labels });
    await waitUntil('it is on record', async () => (await onRecord()).status === 200);
    expect((await onRecord()).body.data.labels).toEqual(labels);
    expect(body.duplicate).toBe(false);
    for (const others of [{}, { org: 'x' }, { ...labels, org: 'X' }, { ...labels, env: 'x' }]) {
      const conflict = await post('labelled', { labels: others });
      expect([conflict.status, conflict.body.differs]).toEqual([409, ['labels']]);
      expect(conflict.body.recordedHash).not.toBe(conflict.body.givenHash);
      expect(conflict.body.onRecord.data.labels).toEqual(labels);
    }
    const reordered = { org: labels.org, project: labels.project };
    expect((await post('labelled', { labels: reordered })).body.duplicate).toBe(true);
    const { value } = await overGrpc({ ...MESSAGE, id: 'labelled', labels: reordered });
    expect(value.receipt.duplicate).toBe(true);
  });

  const overGrpc = (event: object) => callGrpc(grpc, 'IngestService', 'RecordSpend', { event });
  const onRecord = () => ledger.http.get('/v1/event?source=test&id=labelled');
  const post = (id: string, data: object) =>
    ledger.http.post(
      '/v1/events',
      spendEvent(SCOPE, MESSAGE.amount, { id, source: 'test' }, data),
      EVENT,
    );

  /** Expects a refusal that leaves nothing behind. */
  async function refused(bytes: Uint8Array, at: string, rule: string): Promise<void> {
    const before = await footprintOf(db.database);
    const outcome = await bytesDoor.send(RECORD, bytes);
    expect(outcome).toMatchObject({ code: status.INVALID_ARGUMENT, reason: 'invalid' });
    expect(outcome.faults).toEqual([[at, rule]]);
    expect(await footprintOf(db.database)).toEqual(before);
  }
});

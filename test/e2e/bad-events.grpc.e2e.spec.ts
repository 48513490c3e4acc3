import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import type { Faults } from './support/expect-problem';
import { footprintOf } from './support/footprint';
import { callGrpc, GrpcBytes, type GrpcOutcome } from './support/grpc-outcome';
import { field, requestBytes } from './support/wire-bytes';

const RECORD = 'IngestService/RecordSpend';
const USER = { user: { user_id: 'alice' } };
const EVENT = {
  id: 'call-1',
  source: 'test',
  time: { seconds: 1_777_284_000 },
  scope: USER,
  amount: '1.00',
};
const AHEAD = { seconds: Math.floor(Date.now() / 1000) + 600 };
const LEVELS_MAX = 32;

type Bad = [what: string, event: object, field: string, rule: string];

const text = (stringValue: string): object => ({ stringValue });
const metadata = (fields: object): object => ({ metadata: { fields } });
const nested = (levels: number): object =>
  levels === 1 ? { fields: {} } : { fields: { a: { structValue: nested(levels - 1) } } };

const BAD: Bad[] = [
  ['without an id', { id: '' }, 'event.id', 'not_empty'],
  ['without a source', { source: '' }, 'event.source', 'not_empty'],
  ['without a time', { time: null }, 'event.time', 'required'],
  ['without a scope', { scope: null }, 'event.scope', 'required'],
  ['with a scope of no kind', { scope: {} }, 'event.scope', 'required'],
  ['without an amount', { amount: undefined }, 'event.amount', 'required'],
  ['with an empty user', { scope: { user: {} } }, 'event.scope.user.user_id', 'not_empty'],
  [
    'with an empty key',
    { scope: { user: { user_id: 'a', key_id: '' } } },
    'event.scope.user.key_id',
    'not_empty',
  ],
  [
    'with an empty team',
    { scope: { team: { user_id: 'a' } } },
    'event.scope.team.team_id',
    'not_empty',
  ],
  ['with an empty unowned key', { scope: { key: {} } }, 'event.scope.key.key_id', 'not_empty'],
  ['with too long an id', { id: 'é'.repeat(129) }, 'event.id', 'length'],
  ['with U+0000 in its id', { id: 'a\0' }, 'event.id', 'control'],
  [
    'with white space around a user',
    { scope: { user: { user_id: ' a' } } },
    'event.scope.user.user_id',
    'trimmed',
  ],
  ['with an empty request id', { request_id: '' }, 'event.request_id', 'not_empty'],
  ['with an empty hold id', { hold_id: '' }, 'event.hold_id', 'not_empty'],
  ['with an empty model', { model: '' }, 'event.model', 'not_empty'],
  ['of a negative amount', { amount: '-1' }, 'event.amount', 'decimal'],
  ['of NaN', { amount: 'NaN' }, 'event.amount', 'decimal'],
  ['of an exponent', { amount: '1e3' }, 'event.amount', 'decimal'],
  ['of too long an amount', { amount: '1.0000000000001' }, 'event.amount', 'decimal'],
  ['of an empty amount', { amount: '' }, 'event.amount', 'decimal'],
  ['of a known amount and an unknown cost', { basis: 'BASIS_UNKNOWN' }, 'event.amount', 'absent'],
  ['of a basis nobody knows', { basis: 9 }, 'event.basis', 'one_of'],
  ['in another currency', { currency: 'EUR' }, 'event.currency', 'currency'],
  ['in no currency', { currency: '' }, 'event.currency', 'currency'],
  ['too far ahead', { time: AHEAD }, 'event.time', 'not_ahead'],
  ['before the first year', { time: { seconds: -62_135_596_801 } }, 'event.time.seconds', 'range'],
  ['after the last year', { time: { seconds: 253_402_300_800 } }, 'event.time.seconds', 'range'],
  ['with negative nanoseconds', { time: { seconds: 1, nanos: -1 } }, 'event.time.nanos', 'range'],
  ['with too many nanoseconds', { time: { seconds: 1, nanos: 1e9 } }, 'event.time.nanos', 'range'],
  ['of the ledger itself', { source: 'ledger/holds' }, 'event.source', 'reserved'],
  ['with U+0000 in metadata', metadata({ a: text('\0') }), 'event.metadata.a', 'well_formed'],
  [
    'with U+0000 in a name',
    metadata({ 'a\0': text('x') }),
    'event.metadata.a\uFFFD',
    'well_formed',
  ],
  ['with NaN in metadata', metadata({ a: { numberValue: NaN } }), 'event.metadata.a', 'number'],
  [
    'with infinity in a list',
    metadata({ a: { listValue: { values: [{ numberValue: -Infinity }] } } }),
    'event.metadata.a[0]',
    'number',
  ],
  [
    'with a number no double has',
    metadata({ a: { numberValue: 2 ** 53 } }),
    'event.metadata.a',
    'number',
  ],
  ['with a value of no kind', metadata({ a: {} }), 'event.metadata.a', 'json'],
  ['with too much metadata', metadata({ a: text('x'.repeat(8192)) }), 'event.metadata', 'size'],
  ['a level too deep', { metadata: nested(LEVELS_MAX - 1) }, 'event.metadata', 'depth'],
];

describe('a bad event at IngestService', () => {
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

  it.each(BAD)('is refused %s', async (_what, more, at, rule) => {
    await refused(requestBytes(RECORD, { event: { ...EVENT, ...more } }), [[at, rule]]);
  });

  it.each<[string, readonly number[], string, string]>([
    ['an empty message', [], 'event', 'required'],
    ['an empty event', field(1, []), 'event.time', 'required'],
    ['an endless depth', field(1, field(11, deepStruct(2_000))), 'event.metadata', 'depth'],
    ['random bytes', [0xde, 0xad, 0xbe, 0xef], '', 'protobuf'],
    ['half a message', [...requestBytes(RECORD, { event: EVENT })].slice(0, 20), '', 'protobuf'],
    ['a text that is not UTF-8', field(1, field(1, [0xff])), 'event.id', 'utf8'],
    ['half a surrogate pair', field(1, field(1, [0xed, 0xa0, 0x80])), 'event.id', 'utf8'],
    ['a field nobody knows', field(1, field(99, 'x')), 'event.99', 'unknown_member'],
    ['a number for an id', field(1, [0x08, 0x01]), 'event.id', 'type'],
    ['a text for a time', field(1, field(3, field(1, 'x'))), 'event.time.seconds', 'type'],
    ['two ids', field(1, [...field(1, 'a'), ...field(1, 'b')]), 'event.id', 'single'],
    [
      'two scopes in one',
      field(1, field(4, [...field(2, field(1, 'a')), ...field(3, field(1, 'b'))])),
      'event.scope.team',
      'single',
    ],
    [
      'a member of another scope',
      field(1, field(4, field(1, [...field(1, 'k'), ...field(3, 'ml')]))),
      'event.scope.key.3',
      'unknown_member',
    ],
  ])('is refused as %s', async (_what, bytes, at, rule) => {
    const outcome = await bytesDoor.send(RECORD, Uint8Array.from(bytes));
    expect(outcome.faults).toContainEqual([at, rule]);
    await refused(Uint8Array.from(bytes));
  });

  it('is recorded at the last level', async () => {
    const event = { ...EVENT, id: 'deep', metadata: nested(LEVELS_MAX - 2) };
    expect((await callGrpc(grpc, 'IngestService', 'RecordSpend', { event })).code).toBe(status.OK);
  });

  it('is told all that is wrong with it at once', async () => {
    const event = { scope: { team: { user_id: 'a' } }, amount: '-1', currency: 'EUR' };
    await refused(requestBytes(RECORD, { event }), [
      ['event.id', 'not_empty'],
      ['event.source', 'not_empty'],
      ['event.time', 'required'],
      ['event.scope.team.team_id', 'not_empty'],
      ['event.amount', 'decimal'],
      ['event.currency', 'currency'],
    ]);
  });

  it('in a batch is refused alone, in its place', async () => {
    const events = [
      { ...EVENT, id: 'b1' },
      { ...EVENT, scope: { team: {} } },
      { ...EVENT, id: 'b3' },
      { ...EVENT, id: 'b3' },
    ];
    const { value } = await callGrpc(grpc, 'IngestService', 'RecordSpendBatch', { events });
    expect(value.results).toMatchObject([
      { receipt: { id: 'b1', duplicate: false } },
      {
        problem: {
          code: 'invalid',
          retryable: false,
          errors: [{ field: 'events[1].scope.team.team_id', rule: 'not_empty' }],
        },
      },
      { receipt: { id: 'b3', duplicate: false } },
      { receipt: { id: 'b3', duplicate: true } },
    ]);
  });

  it('does not make a batch of none or too many', async () => {
    const batch = (count: number) =>
      callGrpc(grpc, 'IngestService', 'RecordSpendBatch', {
        events: Array.from({ length: count }, (_, n) => ({ ...EVENT, id: `many-${n}` })),
      });
    expect(await batch(0)).toMatchObject({ code: status.OK, value: { results: [] } });
    const before = await footprintOf(db.database);
    expect(await batch(1001)).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'too_large',
    });
    expect(await footprintOf(db.database)).toEqual(before);
  });

  it('is refused beyond the largest message', async () => {
    const bytes = Buffer.from(field(1, field(1, 'x'.repeat(100))));
    const many = Buffer.concat(Array.from({ length: 180_000 }, () => bytes));
    const outcome = await bytesDoor.send('IngestService/RecordSpendBatch', many);
    expect(outcome.code).toBe(status.RESOURCE_EXHAUSTED);
  });

  /** Expects a refusal that leaves nothing behind. */
  async function refused(bytes: Uint8Array, faults?: Faults): Promise<void> {
    const before = await footprintOf(db.database);
    const outcome = await bytesDoor.send(RECORD, bytes);
    expectInvalid(outcome);
    if (faults) expect([...outcome.faults].sort()).toEqual([...faults].sort());
    expect(await footprintOf(db.database)).toEqual(before);
  }
});

/** Struct and Value inside each other, written from the inside out. */
function deepStruct(levels: number): number[] {
  let struct: number[] = [];
  for (let level = 0; level < levels; level += 1) {
    struct = field(1, [...field(1, 'a'), ...field(2, field(5, struct))]);
  }
  return struct;
}

function expectInvalid(outcome: GrpcOutcome): void {
  expect(outcome).toMatchObject({
    code: status.INVALID_ARGUMENT,
    reason: 'invalid',
    domain: 'spendledger',
  });
  expect(outcome.faults).not.toEqual([]);
}

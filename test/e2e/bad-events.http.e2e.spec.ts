import { createTestDatabase, LedgerProcess, spendEvent, type TestDatabase } from '#libs/testing';
import { AMOUNTS, IDS, LABELS, MISSING, TIMES, UNKNOWN, WRONG_TYPED } from './support/bad-events';
import { expectProblem, type Faults } from './support/expect-problem';
import { footprintOf } from './support/footprint';

const USER = { type: 'user', userId: 'alice' };
const EVENT = 'application/cloudevents+json';
const LEVELS_MAX = 32;
const METADATA_BYTES_MAX = 8 * 1024;
const EVENT_BYTES_MAX = 64 * 1024;

/** Half of a surrogate pair and U+0000, written as JSON can. */
const BROKEN_TEXTS = ['\\u0000', 'a\\u0000b', '\\ud83d', '\\udcb8\\ud83d'];
const PLACES = ['id', 'source', 'userId', 'model', 'label', 'text', 'name', 'item', 'trace'];
const PATHS: Readonly<Record<string, string>> = {
  userId: 'data.scope.userId',
  model: 'data.model',
  label: 'data.labels.org',
  text: 'data.metadata.text',
  item: 'data.metadata.list[1].deep',
  trace: 'traceparent',
};

describe('a bad event at POST /v1/events', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it.each(MISSING)('is refused without its %s', expectRefused);
  it.each(WRONG_TYPED)('is refused for a wrong-typed %s', expectRefused);
  it.each(UNKNOWN)('is refused for an unknown %s', expectRefused);
  it.each(AMOUNTS)('is refused for the amount %j', expectRefused);
  it.each(TIMES)('is refused for the time %j', expectRefused);
  it.each(IDS)('is refused for its %s', expectRefused);
  it.each(LABELS)('is refused for labels %s', expectRefused);

  it.each(PLACES.flatMap((place) => BROKEN_TEXTS.map((broken) => [broken, place])))(
    'is refused for %s in its %s',
    async (broken, place) => {
      const text = JSON.stringify(withMarkAt(place)).replace('MARK', broken);
      const { status, body } = await refused(Buffer.from(text), 400, 'invalid');
      expect([status, body.errors.length, body.errors[0].rule]).toEqual([400, 1, 'well_formed']);
      if (place !== 'name') expect(body.errors[0].field).toBe(PATHS[place] ?? place);
    },
  );

  it.each<[string, string | Buffer, string]>([
    ['nothing', '', 'json'],
    ['half a text', '{"id":', 'json'],
    ['two texts', '{}{}', 'json'],
    ['a byte order mark', '\uFEFF{}', 'json'],
    ['NaN', '{"amount":NaN}', 'json'],
    ['single quotes', "{'id':1}", 'json'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'utf8'],
    ['half a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'utf8'],
    ['a list', '[]', 'object'],
    ['a text', '"x"', 'object'],
    ['null', 'null', 'object'],
  ])('is refused when it is %s', async (_what, body, rule) => {
    await refused(body, 400, 'invalid', [['', rule]]);
  });

  it.each<[string, string, string, string]>([
    ['a member twice', '"model":"a","model":"b"', 'data.model', 'unique_members'],
    [
      'a name twice, once escaped',
      '"metadata":{"a":1,"\\u0061":2}',
      'data.metadata.a',
      'unique_members',
    ],
    ['a label twice', '"labels":{"org":"a","org":"b"}', 'data.labels.org', 'unique_members'],
    ['a number no double has', '"metadata":{"n":9007199254740993}', 'data.metadata.n', 'number'],
    ['a number beyond all doubles', '"metadata":{"n":[1e400]}', 'data.metadata.n[0]', 'number'],
  ])('is refused for %s', async (_what, members, field, rule) => {
    const text = JSON.stringify(spendEvent(USER, '1')).replace(/\}\}$/, `,${members}}}`);
    await refused(text, 400, 'invalid', [[field, rule]]);
  });

  it('is refused a level too deep, and not at the last', async () => {
    const inside = LEVELS_MAX - 2;
    await refused(spendEvent(USER, '0', {}, { metadata: nested(inside + 1) }), 400, 'invalid', [
      ['', 'depth'],
    ]);
    await refused(`[${'['.repeat(100_000)}`.slice(0, 60_000), 400, 'invalid', [['', 'depth']]);
    expect((await post(spendEvent(USER, '0', {}, { metadata: nested(inside) }))).status).toBe(201);
  });

  it('is refused a byte too large, and not at the last', async () => {
    const metadata = (bytes: number) => ({
      metadata: { a: 'x'.repeat(bytes - '{"a":""}'.length) },
    });
    await refused(spendEvent(USER, '0', {}, metadata(METADATA_BYTES_MAX + 1)), 400, 'invalid', [
      ['data.metadata', 'size'],
    ]);
    expect((await post(spendEvent(USER, '0', {}, metadata(METADATA_BYTES_MAX)))).status).toBe(201);
    const event = JSON.stringify(spendEvent(USER, '0'));
    await refused(event.padEnd(EVENT_BYTES_MAX + 1), 413, 'too_large', []);
    expect((await post(event.padEnd(EVENT_BYTES_MAX))).status).toBe(201);
  });

  it('is told all that is wrong with it at once', async () => {
    const event = spendEvent(
      { type: 'team', teamId: '' },
      '-1',
      { time: 'now' },
      { currency: 'EUR' },
    );
    await refused(event, 400, 'invalid', [
      ['time', 'rfc3339'],
      ['data.scope.teamId', 'not_empty'],
      ['data.amount', 'decimal'],
      ['data.currency', 'currency'],
    ]);
  });

  async function expectRefused(_what: string, event: unknown, field: string, rule: string) {
    await refused(event, 400, 'invalid', [[field, rule]]);
  }

  /** Expects a refusal that leaves nothing behind. */
  async function refused(event: unknown, status: number, code: string, faults?: Faults) {
    const before = await footprintOf(db.database);
    const answer = await post(event);
    expectProblem(answer, status, code, faults);
    expect(await footprintOf(db.database)).toEqual(before);
    return answer;
  }

  const post = (event: unknown) => ledger.http.post('/v1/events', event, EVENT);
});

/** An event with MARK in one place. */
function withMarkAt(place: string): object {
  const at = (name: string): string => (name === place ? 'MARK' : 'x');
  return spendEvent(
    { type: 'user', userId: at('userId') },
    '1',
    { id: at('id'), source: at('source'), traceparent: at('trace') },
    {
      model: at('model'),
      labels: { org: at('label') },
      metadata: { text: at('text'), [at('name')]: 1, list: [0, { deep: at('item') }] },
    },
  );
}

function nested(levels: number): object {
  return levels === 1 ? {} : { a: nested(levels - 1) };
}

import { sql } from 'kysely';
import {
  createTestDatabase,
  LedgerProcess,
  spendEvent,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
import { speak } from './support/bare-http';
import { expectProblem, type Faults } from './support/expect-problem';
import { footprintOf } from './support/footprint';

const USER = { type: 'user', userId: 'alice' };
const BATCH = 'application/cloudevents-batch+json';
const SECRET = `sk-${'a'.repeat(24)}`;
const EVENT_BYTES_MAX = 64 * 1024;
const ABSENT = 'absent';
const CE = {
  'ce-specversion': '1.0',
  'ce-id': 'call-1',
  'ce-source': 'test',
  'ce-type': 'spendledger.spend.recorded.v1',
  'ce-time': '2026-04-27T10:00:00Z',
};
const JSON_TYPE = { 'content-type': 'application/json' };
const DATA = JSON.stringify({ scope: USER, amount: '1.00' });

describe('a CloudEvent in binary mode or in a batch', () => {
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

  it.each<[string, Record<string, string>, string, string]>([
    ['an empty id', { 'ce-id': '' }, 'id', 'not_empty'],
    ['no source', { 'ce-source': ABSENT }, 'source', 'required'],
    ['no version', { 'ce-specversion': ABSENT }, 'specversion', 'one_of'],
    ['a type nobody knows', { 'ce-type': 'x' }, 'type', 'one_of'],
    ['a time without an offset', { 'ce-time': '2026-04-27T10:00:00' }, 'time', 'offset'],
    ['a broken percent escape', { 'ce-id': '100%' }, 'id', 'percent_encoded'],
    ['a percent escape that is not UTF-8', { 'ce-id': '%ff' }, 'id', 'percent_encoded'],
    ['half a surrogate pair', { 'ce-id': '%ED%A0%BD' }, 'id', 'percent_encoded'],
    ['an escaped U+0000', { 'ce-id': 'a%00' }, 'id', 'control'],
    ['an escaped line break', { 'ce-traceparent': 'a%0Ab' }, 'traceparent', 'control'],
    ['bytes beyond ASCII', { 'ce-id': 'josé' }, 'id', 'percent_encoded'],
    ['a word of the ledger', { 'ce-recordedat': '2026-04-27T10:00:00Z' }, 'recordedat', 'reserved'],
    ['an outcome of its own', { 'ce-holdoutcome': 'settled' }, 'holdoutcome', 'reserved'],
    ['its data in a header', { 'ce-data': '{}' }, 'data', 'reserved'],
    ['another type of data', { 'ce-datacontenttype': 'text/xml' }, 'datacontenttype', 'media_type'],
    ['a name that is none', { 'ce-a_b': 'x' }, 'a_b', 'unknown_member'],
  ])('in binary mode is refused for %s', async (_what, more, at, rule) => {
    const headers = Object.fromEntries(
      Object.entries({ ...CE, ...more }).filter(([, value]) => value !== ABSENT),
    );
    await refused(() => binary(DATA, headers), 400, 'invalid', [[at, rule]]);
  });

  it('in binary mode is refused for a header that stands twice', async () => {
    const headers = {
      host: 'x',
      connection: 'close',
      ...JSON_TYPE,
      'content-length': DATA.length,
      ...CE,
      'CE-ID': 'call-2',
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const request = ['POST /v1/events HTTP/1.1', ...lines, '', DATA].join('\r\n');
    const [answer] = await speak(ledger.httpUrl, request);
    expectProblem(answer!, 400, 'invalid', [['id', 'single']]);
  });

  it('in binary mode has headers that are decoded once', async () => {
    const record = (id: string) =>
      ledger.http.request('POST', '/v1/events', DATA, {
        ...CE,
        'ce-id': id,
        'content-type': 'application/json',
      });
    const ids = ['jos%C3%A9', '%22a%20b%22', 'a%2541', '"quoted \\"id\\""', 'constructor'];
    const answers = await Promise.all(ids.map(record));
    expect(answers.map(({ status, body }) => [status, body.id])).toEqual([
      [201, 'josé'],
      [201, '"a b"'],
      [201, 'a%41'],
      [201, 'quoted "id"'],
      [201, 'constructor'],
    ]);
  });

  it('in binary mode is refused with data that is too large, broken or too deep', async () => {
    const posted = (body: string | Buffer) => () => binary(body, CE);
    await refused(posted(DATA.padEnd(EVENT_BYTES_MAX + 1)), 413, 'too_large', []);
    await refused(posted(''), 400, 'invalid', [['', 'json']]);
    await refused(posted(Buffer.from([0x22, 0xff, 0x22])), 400, 'invalid', [['', 'utf8']]);
    await refused(posted('['.repeat(32)), 400, 'invalid', [['', 'depth']]);
    await refused(posted('null'), 400, 'invalid', [['data', 'object']]);
  });

  it.each<[string, string | Buffer, Faults]>([
    ['nothing', '', [['', 'json']]],
    ['one event', JSON.stringify(spendEvent(USER, '1')), [['', 'list']]],
    ['a list that does not end', `[${JSON.stringify(spendEvent(USER, '1'))}`, [['', 'json']]],
    ['a list with a hole', `[${JSON.stringify(spendEvent(USER, '1'))},]`, [['[1]', 'json']]],
    [
      'a list with an entry that is not JSON',
      `[${JSON.stringify(spendEvent(USER, '1'))},{x}]`,
      [['[1]', 'json']],
    ],
    ['two lists', '[][]', [['', 'json']]],
    ['bytes that are not UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), [['[0]', 'utf8']]],
  ])('is no batch: %s', async (_what, body, faults) => {
    await refused(() => batch(body), 400, 'invalid', faults);
  });

  it('makes no batch of 1,001, but one of 1,000 and one of none', async () => {
    const events = (count: number) =>
      Array.from({ length: count }, (_, n) => spendEvent(USER, '0.01', { id: `many-${n}` }));
    await refused(() => batch(events(1001)), 413, 'too_large', []);
    await refused(() => batch(`[${'0,'.repeat(2_000_000)}`), 413, 'too_large', []);
    const full = await batch(events(1000));
    expect([full.status, full.body.results.length]).toEqual([200, 1000]);
    const empty = await batch([]);
    expect([empty.status, empty.body]).toEqual([200, { results: [] }]);
  });

  it.each<[string, string, number, string, Faults]>([
    ['no event', '7', 400, 'invalid', [['', 'object']]],
    ['a bad amount', entry({ amount: '-1' }), 400, 'invalid', [['data.amount', 'decimal']]],
    ['a secret', entry({ model: SECRET }), 400, 'invalid', [['data.model', 'secret']]],
    ['U+0000', entry({ model: 'a\0' }), 400, 'invalid', [['data.model', 'well_formed']]],
    [
      'half a surrogate pair',
      entry({ model: '\ud83d' }),
      400,
      'invalid',
      [['data.model', 'well_formed']],
    ],
    ['a member twice', '{"id":"a","id":"b"}', 400, 'invalid', [['id', 'unique_members']]],
    ['an endless depth', '['.repeat(20_000) + ']'.repeat(20_000), 400, 'invalid', [['', 'depth']]],
    ['too much', entry({ metadata: { a: 'x'.repeat(EVENT_BYTES_MAX) } }), 413, 'too_large', []],
  ])('is refused alone in its batch for %s', async (_what, bad, status, code, faults) => {
    const good = [spendEvent(USER, '0.25'), spendEvent(USER, '0.50')];
    const body = `[${JSON.stringify(good[0])}, ${bad} ,${JSON.stringify(good[1])}]`;
    for (const duplicate of [false, true]) {
      const answer = await batch(body);
      expectProblem(answer, 422, 'batch_partly_refused', []);
      const [first, second, third] = answer.body.results;
      expect([first, third]).toMatchObject(
        good.map(({ id }) => ({ status: duplicate ? 200 : 201, id, duplicate })),
      );
      expect(second.status).toBe(status);
      expectProblem(
        { status, headers: answer.headers, body: second.problem },
        status,
        code,
        faults,
      );
      expect(JSON.stringify(answer.body)).not.toContain(SECRET);
    }
  });

  it('conflicts alone in its batch, and is one with its equal', async () => {
    const event = spendEvent(USER, '0.10');
    const other = { ...event, data: { scope: USER, amount: '0.20' } };
    const { status, body } = await batch([event, other, event]);
    expect(status).toBe(422);
    expect(body.results).toMatchObject([
      { status: 201, duplicate: false },
      { status: 409, problem: { code: 'event_conflict' } },
      { status: 200, duplicate: true, recordedAt: body.results[0].recordedAt },
    ]);
  });

  it('has counted once, whatever stood beside it', async () => {
    const { body } = await ledger.http.balance('user:alice');
    const { rows } = await sql<{
      sum: string;
    }>`select sum(amount)::text as sum from spend_event`.execute(db.database.kysely);
    // 1,000 cents, eight pairs of 0.75, one 0.10, and what binary mode recorded.
    expect(body.spentAllTime).toBe('21.10');
    expect(rows[0]!.sum).toBe('21.10');
  });

  const binary = (body: string | Buffer, headers: Record<string, string>) =>
    ledger.http.request('POST', '/v1/events', body, { ...headers, ...JSON_TYPE });

  const batch = (body: unknown) => ledger.http.post('/v1/events', body, BATCH);

  /** Expects a refusal that leaves nothing behind. */
  async function refused(
    request: () => Promise<Answer>,
    status: number,
    code: string,
    faults: Faults,
  ) {
    const before = await footprintOf(db.database);
    expectProblem(await request(), status, code, faults);
    expect(await footprintOf(db.database)).toEqual(before);
  }
});

function entry(data: object): string {
  return JSON.stringify(spendEvent(USER, '1', {}, data));
}

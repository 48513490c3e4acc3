import { createTestDatabase, LedgerProcess, type Answer, type TestDatabase } from '#libs/testing';
import { expectProblem } from './support/expect-problem';
import { footprintOf } from './support/footprint';

const GOOD = { account: 'user:alice', limit: '200.00', window: { type: 'total' } };
const JSON_TYPE = { 'content-type': 'application/json' };

type Bad = [what: string, body: unknown, field: string, rule: string];

const but = (more: object): object => ({ ...GOOD, ...more });
const from = (time: unknown): object => but({ window: { type: 'total', from: time } });

const BODIES: Bad[] = [
  ['without an account', but({ account: undefined }), 'account', 'required'],
  ['without a limit', but({ limit: undefined }), 'limit', 'required'],
  ['without a window', but({ window: undefined }), 'window', 'required'],
  ['for a number', but({ account: 7 }), 'account', 'account'],
  ['for nobody', but({ account: 'alice' }), 'account', 'account'],
  ['for an empty user', but({ account: 'user:' }), 'account', 'not_empty'],
  ['for an empty team', but({ account: 'member:/*' }), 'account', 'not_empty'],
  ['for members of no team', but({ account: 'member:*' }), 'account', 'account'],
  ['for a user with a slash', but({ account: 'user:a/b' }), 'account', 'account'],
  ['for U+0000', but({ account: 'user:\0' }), 'account', 'well_formed'],
  ['for an escaped U+0000', but({ account: 'user:%00' }), 'account', 'control'],
  ['for half a surrogate pair', but({ account: 'user:\ud83d' }), 'account', 'well_formed'],
  ['with a number for a limit', but({ limit: 200 }), 'limit', 'decimal_string'],
  ['with a negative limit', but({ limit: '-0.01' }), 'limit', 'decimal'],
  ['with an exponent', but({ limit: '2e2' }), 'limit', 'decimal'],
  ['with NaN', but({ limit: 'NaN' }), 'limit', 'decimal'],
  ['with too long a limit', but({ limit: '1'.repeat(16) }), 'limit', 'decimal'],
  ['with a window of null', but({ window: null }), 'window', 'object'],
  ['with a text for a window', but({ window: 'total' }), 'window', 'object'],
  ['with a window of no type', but({ window: {} }), 'window.type', 'one_of'],
  ['with an odd window', but({ window: { type: 'fortnight' } }), 'window.type', 'one_of'],
  [
    'with a stranger in its window',
    but({ window: { type: 'total', zone: 'UTC' } }),
    'window.zone',
    'unknown_member',
  ],
  ['from no offset on', from('2026-01-01T00:00:00'), 'window.from', 'offset'],
  ['from null on', from(null), 'window.from', 'rfc3339'],
  ['from a day that is none', from('2026-02-29T00:00:00Z'), 'window.from', 'rfc3339'],
  ['that warns at null', but({ warnAt: null }), 'warnAt', 'list'],
  ['that warns at a text', but({ warnAt: '0.8' }), 'warnAt', 'list'],
  ['that warns at a number', but({ warnAt: [0.8] }), 'warnAt[0]', 'share'],
  ['that warns at nothing', but({ warnAt: ['0.8', '0.0'] }), 'warnAt[1]', 'share'],
  ['that warns too late', but({ warnAt: ['1.01'] }), 'warnAt[0]', 'share'],
  ['that warns too often', but({ warnAt: Array(21).fill('0.5') }), 'warnAt', 'list'],
  ['enforced by a word', but({ enforce: 'yes' }), 'enforce', 'boolean'],
  ['enforced by null', but({ enforce: null }), 'enforce', 'boolean'],
  ['with an odd outage', but({ outage: 'half' }), 'outage', 'one_of'],
  ['with an outage of null', but({ outage: null }), 'outage', 'one_of'],
  ['valid until no offset', but({ validUntil: '2026-01-01T00:00:00' }), 'validUntil', 'offset'],
  ['valid until null', but({ validUntil: null }), 'validUntil', 'rfc3339'],
  ['with the id of another', but({ budgetId: 'c' }), 'budgetId', 'same_id'],
  ['with an id of null', but({ budgetId: null }), 'budgetId', 'same_id'],
  ['with a prototype', but({ ['__proto__']: {} }), '__proto__', 'unknown_member'],
  ['that is a list', [GOOD], '', 'object'],
  ['that is null', 'null', '', 'object'],
  ['that is nothing', '', '', 'json'],
  ['that is not JSON', '{account}', '', 'json'],
  ['that is not UTF-8', Buffer.from([0x22, 0xc3, 0x22]), '', 'utf8'],
  ['that says its limit twice', '{"limit":"1","limit":"2"}', 'limit', 'unique_members'],
];

describe('a bad budget at /v1/budgets', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    expect((await put('b', GOOD)).status).toBe(201);
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it.each(BODIES)('is refused %s', async (_what, body, at, rule) => {
    await refused(() => put('b', body), [[at, rule]]);
    await refused(() => put('b?dryRun=true', body), [[at, rule]]);
  });

  it('is told all that is wrong with it at once', async () => {
    await refused(
      () => put('b', { limit: 1, enforce: 'no', cap: 2 }),
      [
        ['account', 'required'],
        ['limit', 'decimal_string'],
        ['window', 'required'],
        ['enforce', 'boolean'],
        ['cap', 'unknown_member'],
      ],
    );
  });

  it.each(['a%20b', 'é', 'a%2Fb', '%00', 'a+b', '*', 'x'.repeat(129)])(
    'is refused by the id %s, at every request',
    async (id) => {
      await refused(() => put(id, GOOD), [['budgetId', 'budget_id']]);
      await refused(() => ask('GET', id), [['budgetId', 'budget_id']]);
      await refused(() => ask('DELETE', id), [['budgetId', 'budget_id']]);
    },
  );

  it.each([
    ['PUT', 'b?dryRun=maybe', 'dryRun', 'one_of'],
    ['PUT', 'b?dryRun=true&dryRun=true', 'dryRun', 'single'],
    ['PUT', 'b?force=true', 'force', 'unknown_member'],
    ['GET', 'b?revision=1', 'revision', 'unknown_member'],
    ['DELETE', 'b?dryRun=true', 'dryRun', 'unknown_member'],
    ['GET', '?account=alice', 'account', 'account'],
    ['GET', '?account=user:%00', 'account', 'control'],
    ['GET', '?pageSize=-1', 'pageSize', 'whole_number'],
    ['GET', '?pageSize=1e3', 'pageSize', 'whole_number'],
    ['GET', '?pageToken=AA', 'pageToken', 'page_token'],
    ['GET', '?pageToken=!', 'pageToken', 'page_token'],
    ['GET', '?pageToken=w6k', 'pageToken', 'page_token'],
    ['GET', '?page=2', 'page', 'unknown_member'],
  ])('is refused as %s %s', async (method, rest, at, rule) => {
    await refused(() => (method === 'PUT' ? put(rest, GOOD) : ask(method, rest)), [[at, rule]]);
  });

  it.each(['1', '', 'b', '"1', '"1", "2"', '"é"', 'W/1'])(
    'is not changed under the precondition %j, which is none',
    async (ifMatch) => {
      await refused(() => put('b', GOOD, ifMatch), [['if-match', 'etag']]);
      await refused(() => ask('DELETE', 'b', ifMatch), [['if-match', 'etag']]);
    },
  );

  it.each(['"abc"', '""', 'W/"1"', '"01"', '"0"', '"999999999999"'])(
    'is not changed under the precondition %s, which no revision meets',
    async (ifMatch) => {
      const before = await footprintOf(db.database);
      expectProblem(await put('b', GOOD, ifMatch), 412, 'etag_mismatch', []);
      expectProblem(await ask('DELETE', 'b', ifMatch), 412, 'etag_mismatch', []);
      expect(await footprintOf(db.database)).toEqual(before);
    },
  );

  it('is not there to be read, removed or changed on a condition', async () => {
    expectProblem(await ask('GET', 'none'), 404, 'not_found', []);
    expectProblem(await ask('DELETE', 'none'), 404, 'not_found', []);
    expectProblem(await put('none', GOOD, '*'), 412, 'etag_mismatch', []);
  });

  it('is after all that what it was before', async () => {
    const { headers, body } = await ask('GET', 'b');
    expect([headers.get('etag'), body.limit]).toEqual(['"1"', '200.00']);
    expect((await ask('GET', '')).body.items).toHaveLength(1);
  });

  /** Expects a refusal that leaves nothing behind. */
  async function refused(request: () => Promise<Answer>, faults: [string, string][]) {
    const before = await footprintOf(db.database);
    expectProblem(await request(), 400, 'invalid', faults);
    expect(await footprintOf(db.database)).toEqual(before);
  }

  const put = (rest: string, body: unknown, ifMatch?: string) =>
    ledger.http.request('PUT', `/v1/budgets/${rest}`, body, {
      ...JSON_TYPE,
      ...(ifMatch !== undefined && { 'if-match': Buffer.from(ifMatch).toString('latin1') }),
    });

  async function ask(method: string, rest: string, ifMatch?: string): Promise<Answer> {
    const url = `${ledger.httpUrl}/v1/budgets${rest === '' || rest.startsWith('?') ? '' : '/'}${rest}`;
    const headers =
      ifMatch === undefined ? {} : { 'if-match': Buffer.from(ifMatch).toString('latin1') };
    const response = await fetch(url, { method, headers });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
});

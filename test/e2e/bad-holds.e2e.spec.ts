import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from './support/expect-problem';
import { callGrpc } from './support/grpc-outcome';

const USER = { type: 'user', userId: 'alice' };
const HOLD = { scope: USER, amount: '1', ttlSeconds: 60 };
const MESSAGE = { scope: { user: { user_id: 'alice' } }, amount: '1', ttl_seconds: 60 };

type Bad = [what: string, body: unknown, field: string, rule: string];

const TAKES: Bad[] = [
  ['that is nothing', '', '', 'json'],
  ['that is a list', [HOLD], '', 'object'],
  ['without a scope', { ...HOLD, scope: undefined }, 'scope', 'required'],
  [
    'of an empty team',
    { ...HOLD, scope: { type: 'team', teamId: '' } },
    'scope.teamId',
    'not_empty',
  ],
  ['without an amount', { ...HOLD, amount: undefined }, 'amount', 'required'],
  ['of a number', { ...HOLD, amount: 1 }, 'amount', 'decimal_string'],
  ['of a negative amount', { ...HOLD, amount: '-1' }, 'amount', 'decimal'],
  ['of an absurd amount', { ...HOLD, amount: '1'.repeat(16) }, 'amount', 'decimal'],
  ['of too fine an amount', { ...HOLD, amount: `0.${'0'.repeat(12)}1` }, 'amount', 'decimal'],
  ['without an end', { ...HOLD, ttlSeconds: undefined }, 'ttlSeconds', 'required'],
  ['of no time', { ...HOLD, ttlSeconds: 0 }, 'ttlSeconds', 'range'],
  ['of more than a day', { ...HOLD, ttlSeconds: 86_401 }, 'ttlSeconds', 'range'],
  ['of half a second', { ...HOLD, ttlSeconds: 0.5 }, 'ttlSeconds', 'whole_number'],
  ['of a text of seconds', { ...HOLD, ttlSeconds: '60' }, 'ttlSeconds', 'whole_number'],
  ['with an empty request id', { ...HOLD, requestId: '' }, 'requestId', 'not_empty'],
  ['with a request id of null', { ...HOLD, requestId: null }, 'requestId', 'string'],
  ['with a bad position', { ...HOLD, minPosition: 'x' }, 'minPosition', 'position'],
  ['with another end', { ...HOLD, onExpiry: 'keep' }, 'onExpiry', 'one_of'],
  ['with no end', { ...HOLD, onExpiry: null }, 'onExpiry', 'one_of'],
  ['with a stranger', { ...HOLD, estimate: '1' }, 'estimate', 'unknown_member'],
];

const SETTLES: Bad[] = [
  ['without an amount', {}, 'amount', 'required'],
  ['of a negative amount', { amount: '-1' }, 'amount', 'decimal'],
  ['of an amount and an unknown cost', { amount: '1', basis: 'unknown' }, 'amount', 'absent'],
  ['of a basis nobody knows', { amount: '1', basis: 'guessed' }, 'basis', 'one_of'],
  ['with half a time', { amount: '1', time: '2026-04-27' }, 'time', 'rfc3339'],
  ['before the hold', { amount: '1', time: '2020-01-01T00:00:00Z' }, 'time', 'range'],
  ['after now', { amount: '1', time: '2999-01-01T00:00:00Z' }, 'time', 'range'],
  ['with an empty model', { amount: '1', model: '' }, 'model', 'not_empty'],
  ['with a text for metadata', { amount: '1', metadata: 'x' }, 'metadata', 'object'],
  ['with much metadata', { amount: '1', metadata: { a: 'x'.repeat(9000) } }, 'metadata', 'size'],
  ['with a scope', { amount: '1', scope: USER }, 'scope', 'unknown_member'],
];

const EXTENDS: Bad[] = [
  ['by nothing', {}, '', 'required'],
  ['to no time', { ttlSeconds: 0 }, 'ttlSeconds', 'range'],
  ['to a negative amount', { amount: '-1' }, 'amount', 'decimal'],
  ['with a stranger', { ttlSeconds: 1, scope: USER }, 'scope', 'unknown_member'],
];

const LISTS: [query: string, field: string, rule: string][] = [
  ['?account=alice', 'account', 'account'],
  ['?account=user:*', 'account', 'account'],
  ['?state=open', 'state', 'one_of'],
  ['?pageSize=-1', 'pageSize', 'whole_number'],
  ['?pageToken=YQ', 'pageToken', 'page_token'],
  [`?pageToken=${Buffer.from(randomUUID()).toString('base64url')}`, 'pageToken', 'page_token'],
  ['?state=active&state=expired', 'state', 'single'],
  ['?caller=me', 'caller', 'unknown_member'],
];

describe('a bad hold', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;
  let holdId: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT0.1S' } });
    grpc = ledger.grpc();
    holdId = (await ledger.http.post('/v1/holds', HOLD)).body.holdId;
  });

  afterAll(async () => {
    const { body } = await ledger.http.balance('user:alice');
    expect([body.held, body.spentAllTime]).toEqual(['1.00', '0.00']);
    expect((await ledger.http.get('/v1/holds')).body.items).toHaveLength(1);
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it.each(TAKES)('is refused %s', async (_what, body, at, rule) => {
    expectProblem(await ledger.http.post('/v1/holds', body), 400, 'invalid', [[at, rule]]);
  });

  it.each(SETTLES)('is not settled %s', async (_what, body, at, rule) => {
    const answer = await ledger.http.post(`/v1/holds/${holdId}/settle`, body);
    expectProblem(answer, 400, 'invalid', [[at, rule]]);
  });

  it.each(EXTENDS)('is not extended %s', async (_what, body, at, rule) => {
    expectProblem(await ledger.http.extend(holdId, body as object), 400, 'invalid', [[at, rule]]);
  });

  it.each(LISTS)('is not listed by %s', async (query, at, rule) => {
    expectProblem(await ledger.http.get(`/v1/holds${query}`), 400, 'invalid', [[at, rule]]);
  });

  it.each<[what: string, key: string, rule: string]>([
    ['empty', '', 'not_empty'],
    ['too long', 'x'.repeat(257), 'length'],
    ['no UTF-8', 'a\xff', 'utf8'],
  ])('is refused with an Idempotency-Key that is %s', async (_what, key, rule) => {
    const answer = await ledger.http.hold(USER, '1', {}, { 'idempotency-key': key });
    expectProblem(answer, 400, 'invalid', [['Idempotency-Key', rule]]);
  });

  it('is refused a member in its release', async () => {
    const path = `/v1/holds/${holdId}/release`;
    const answer = await ledger.http.post(path, { amount: '1' });
    expectProblem(answer, 400, 'invalid', [['amount', 'unknown_member']]);
    expectProblem(await ledger.http.post(path, []), 400, 'invalid', [['', 'object']]);
    const text = await ledger.http.post(path, '{}', 'text/plain');
    expectProblem(text, 415, 'unsupported_media_type', []);
  });

  it('is told between which times it could have been settled', async () => {
    const { createdAt } = (await ledger.http.get(`/v1/holds/${holdId}`)).body;
    const answer = await ledger.http.settle(holdId, '1', { time: '2020-01-01T00:00:00Z' });
    expect(answer.body.errors[0].message).toMatch(
      new RegExp(`between the hold, ${createdAt}, and now, [-0-9]+T[:.0-9]+Z$`),
    );
  });

  it.each(['x', randomUUID(), '..%2f', '%00', `${'0'.repeat(8)}-0000-8000-8000-${'f'.repeat(12)}`])(
    'is not found as %s',
    async (id) => {
      const path = `/v1/holds/${id}`;
      const answers = [
        await ledger.http.get(path),
        await ledger.http.post(`${path}/settle`, { amount: '1' }),
        await ledger.http.request('POST', `${path}/release`),
        await ledger.http.post(`${path}/extend`, { ttlSeconds: 1 }),
      ];
      for (const answer of answers) expectProblem(answer, 404, 'not_found', []);
    },
  );

  it('is told to come again where it is only too early', async () => {
    const early = await ledger.http.hold(USER, '1', { minPosition: '3:999' });
    expectProblem(early, 409, 'not_yet_visible', []);
    expect(early.headers.get('retry-after')).toBe('1');
  });

  it('of another caller is none of theirs', async () => {
    const { holdId: foreign } = (await ledger.http.hold({ type: 'key', keyId: 'k' }, '0')).body;
    await db.database.kysely
      .updateTable('hold')
      .set({ caller: 'somebody' })
      .where('hold_id', '=', foreign)
      .execute();
    for (const answer of [
      await ledger.http.settle(foreign, '1'),
      await ledger.http.release(foreign),
      await ledger.http.extend(foreign, { ttlSeconds: 1 }),
    ]) {
      expectProblem(answer, 403, 'forbidden', []);
    }
    await db.database.kysely.deleteFrom('hold').where('hold_id', '=', foreign).execute();
  });

  it.each<[string, string, object, string, string]>([
    ['Hold', 'without a scope', { ...MESSAGE, scope: undefined }, 'scope', 'required'],
    ['Hold', 'of no user', { ...MESSAGE, scope: { user: {} } }, 'scope.user.user_id', 'not_empty'],
    ['Hold', 'without an amount', { ...MESSAGE, amount: undefined }, 'amount', 'decimal'],
    ['Hold', 'of no time', { ...MESSAGE, ttl_seconds: 0 }, 'ttl_seconds', 'range'],
    ['Hold', 'of ages', { ...MESSAGE, ttl_seconds: '9223372036854775807' }, 'ttl_seconds', 'range'],
    ['Hold', 'with a bad request id', { ...MESSAGE, request_id: ' a' }, 'request_id', 'trimmed'],
    [
      'Hold',
      'with an empty key',
      { ...MESSAGE, idempotency_key: '' },
      'idempotency_key',
      'not_empty',
    ],
    ['Hold', 'of another end', { ...MESSAGE, on_expiry: 7 }, 'on_expiry', 'one_of'],
    ['Hold', 'with a bad position', { ...MESSAGE, min_position: 'x' }, 'min_position', 'position'],
    ['Settle', 'without an id', { amount: '1' }, 'hold_id', 'not_empty'],
    ['Settle', 'without an amount', { hold_id: 'x' }, 'amount', 'required'],
    [
      'Settle',
      'of a basis nobody knows',
      { hold_id: 'x', amount: '1', basis: 9 },
      'basis',
      'one_of',
    ],
    [
      'Settle',
      'at no time',
      { hold_id: 'x', amount: '1', time: { seconds: 0, nanos: -1 } },
      'time.nanos',
      'range',
    ],
    [
      'Settle',
      'with metadata of no kind',
      { hold_id: 'x', amount: '1', metadata: { fields: { a: {} } } },
      'metadata.a',
      'json',
    ],
    ['Release', 'without an id', {}, 'hold_id', 'not_empty'],
    ['Extend', 'by nothing', { hold_id: 'x' }, '', 'required'],
    ['Extend', 'to no time', { hold_id: 'x', ttl_seconds: 0 }, 'ttl_seconds', 'range'],
    ['Extend', 'to no amount', { hold_id: 'x', amount: '' }, 'amount', 'decimal'],
  ])('is refused as a gRPC %s %s', async (method, _what, request, at, rule) => {
    expect(await callGrpc(grpc, 'BudgetService', method, request)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'invalid',
      domain: 'spendledger',
      faults: [[at, rule]],
    });
  });
});

describe('a hold that nobody has a budget for', () => {
  it('is refused where that is not allowed, a free one too', async () => {
    const db = await createTestDatabase();
    const ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, UNBUDGETED: 'deny' } });
    for (const amount of ['1', '0']) {
      const refused = await ledger.http.hold(USER, amount);
      expectProblem(refused, 429, 'budget_exceeded', []);
      expect(refused.body.decision).toMatchObject({ allowed: false, unbudgeted: true });
    }
    await ledger.stop();
    await db.drop();
  });
});

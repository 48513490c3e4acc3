import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from './support/expect-problem';
import { footprintOf } from './support/footprint';
import { callGrpc, GrpcBytes } from './support/grpc-outcome';
import { field } from './support/wire-bytes';

const USER = { type: 'user', userId: 'alice' };
const TEAM = { type: 'team', teamId: 'ml' };

type Bad = [what: string, body: unknown, field: string, rule: string];

const BODIES: Bad[] = [
  ['without a scope', {}, 'scope', 'required'],
  ['with a scope of null', { scope: null }, 'scope', 'object'],
  ['with a text for a scope', { scope: 'user:alice' }, 'scope', 'object'],
  ['with a scope of no type', { scope: { userId: 'a' } }, 'scope.type', 'one_of'],
  [
    'with a scope of a type nobody knows',
    { scope: { ...USER, type: 'org' } },
    'scope.type',
    'one_of',
  ],
  ['without a user', { scope: { type: 'user' } }, 'scope.userId', 'required'],
  ['with an empty user', { scope: { ...USER, userId: '' } }, 'scope.userId', 'not_empty'],
  ['with an empty team', { scope: { ...TEAM, teamId: '' } }, 'scope.teamId', 'not_empty'],
  ['with a user of null', { scope: { ...TEAM, userId: null } }, 'scope.userId', 'string'],
  ['with a number for a key', { scope: { type: 'key', keyId: 7 } }, 'scope.keyId', 'string'],
  ['with too long a key', { scope: { ...USER, keyId: 'x'.repeat(257) } }, 'scope.keyId', 'length'],
  ['with U+0000 in a key', { scope: { ...USER, keyId: 'a\0' } }, 'scope.keyId', 'well_formed'],
  [
    'with half a surrogate pair',
    { scope: { ...USER, keyId: '\ud83d' } },
    'scope.keyId',
    'well_formed',
  ],
  [
    'with the id of another scope',
    { scope: { ...USER, teamId: 'ml' } },
    'scope.teamId',
    'unknown_member',
  ],
  ['with a member nobody knows', { scope: USER, amount: '1' }, 'amount', 'unknown_member'],
  [
    'with a member of all objects',
    { scope: USER, ['constructor']: 1 },
    'constructor',
    'unknown_member',
  ],
  ['with a prototype', { scope: USER, ['__proto__']: {} }, '__proto__', 'unknown_member'],
  ['with a number for an estimate', { scope: USER, estimate: 1 }, 'estimate', 'decimal_string'],
  ['with an estimate of null', { scope: USER, estimate: null }, 'estimate', 'decimal_string'],
  ['with a negative estimate', { scope: USER, estimate: '-1' }, 'estimate', 'decimal'],
  ['with an exponent', { scope: USER, estimate: '1e3' }, 'estimate', 'decimal'],
  ['with NaN', { scope: USER, estimate: 'NaN' }, 'estimate', 'decimal'],
  ['with too long an estimate', { scope: USER, estimate: '1'.repeat(16) }, 'estimate', 'decimal'],
  ['with an empty position', { scope: USER, minPosition: '' }, 'minPosition', 'position'],
  ['with a number for a position', { scope: USER, minPosition: 1 }, 'minPosition', 'position'],
  ['with a position of nobody', { scope: USER, minPosition: '0:1;1:2' }, 'minPosition', 'position'],
  ['that is a list', [USER], '', 'object'],
  ['that is not JSON', '{"scope":', '', 'json'],
  ['that is nothing', '', '', 'json'],
  ['that is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), '', 'utf8'],
  ['with a member twice', '{"scope":{},"scope":{}}', 'scope', 'unique_members'],
  ['that is too deep', '['.repeat(100_000), '', 'depth'],
];

const BALANCES: [query: string, field: string, rule: string][] = [
  ['', 'account', 'required'],
  ['?account=', 'account', 'account'],
  ['?account=alice', 'account', 'account'],
  ['?account=org:alice', 'account', 'account'],
  ['?account=user:', 'account', 'not_empty'],
  ['?account=user:a/b', 'account', 'account'],
  ['?account=member:ml', 'account', 'account'],
  ['?account=member:ml/', 'account', 'not_empty'],
  ['?account=user:*', 'account', 'account'],
  ['?account=user:a%25', 'account', 'account'],
  ['?account=user:a%00', 'account', 'control'],
  ['?account=user:a%2500', 'account', 'control'],
  ['?account=user:%20a', 'account', 'trimmed'],
  [`?account=user:${'x'.repeat(257)}`, 'account', 'length'],
  ['?account=user:a&account=user:b', 'account', 'single'],
  ['?account=user:a&minPosition=', 'minPosition', 'position'],
  ['?account=user:a&minPosition=0:01', 'minPosition', 'position'],
  ['?account=user:a&from=2026-01-01', 'from', 'unknown_member'],
  ['?account=user:a&__proto__=x', '__proto__', 'unknown_member'],
  ['?account=user:%ff', '', 'percent_encoding'],
];

describe('a bad question', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT0.1S' };
    ledger = await LedgerProcess.start({ env });
    grpc = ledger.grpc();
  });

  afterAll(async () => {
    expect(await footprintOf(db.database)).toMatchObject({ event_claim: 0, log_record: 0 });
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it.each(BODIES)('is refused as a check or an authorization %s', async (_what, body, at, rule) => {
    for (const path of ['/v1/check', '/v1/authorize']) {
      expectProblem(await ledger.http.post(path, body), 400, 'invalid', [[at, rule]]);
    }
  });

  it.each(BALANCES)('is refused as a read of /v1/balances%s', async (query, at, rule) => {
    expectProblem(await ledger.http.get(`/v1/balances${query}`), 400, 'invalid', [[at, rule]]);
  });

  it('is told to come again where it is only too early', async () => {
    const minPosition = '3:999';
    const early = [
      await ledger.http.check(USER, { minPosition }),
      await ledger.http.post('/v1/authorize', { scope: USER, minPosition }),
      await ledger.http.balance('user:alice', minPosition),
    ];
    for (const answer of early) {
      expectProblem(answer, 409, 'not_yet_visible', []);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    const request = { scope: { user: { user_id: 'a' } }, min_position: minPosition };
    expect(await callGrpc(grpc, 'BudgetService', 'Check', request)).toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'not_yet_visible',
    });
  });

  it.each<[string, object, string, string]>([
    ['without a scope', {}, 'scope', 'required'],
    ['with a scope of no kind', { scope: {} }, 'scope', 'required'],
    ['with an empty user', { scope: { user: {} } }, 'scope.user.user_id', 'not_empty'],
    [
      'with an empty team',
      { scope: { team: { user_id: 'a' } } },
      'scope.team.team_id',
      'not_empty',
    ],
    ['with an empty key', { scope: { key: {} } }, 'scope.key.key_id', 'not_empty'],
    ['with U+0000', { scope: { key: { key_id: '\0' } } }, 'scope.key.key_id', 'control'],
    [
      'with an empty estimate',
      { scope: { key: { key_id: 'k' } }, estimate: '' },
      'estimate',
      'decimal',
    ],
    [
      'with a negative estimate',
      { scope: { key: { key_id: 'k' } }, estimate: '-1' },
      'estimate',
      'decimal',
    ],
    [
      'with a bad position',
      { scope: { key: { key_id: 'k' } }, min_position: 'x' },
      'min_position',
      'position',
    ],
  ])('is refused as a gRPC check %s', async (_what, request, at, rule) => {
    expect(await callGrpc(grpc, 'BudgetService', 'Check', request)).toMatchObject(
      invalid(at, rule),
    );
  });

  it.each<[string, object, string, string]>([
    ['without an account', {}, 'account', 'account'],
    ['of a default', { account: 'user:*' }, 'account', 'account'],
    ['of U+0000', { account: 'user:\0' }, 'account', 'control'],
    ['at no time', { account: 'user:a', at: { seconds: 1e12 } }, 'at.seconds', 'range'],
    ['known at none', { account: 'user:a', known_at: { nanos: -1 } }, 'known_at.nanos', 'range'],
    [
      'with a bad position',
      { account: 'user:a', min_position: '0:-1' },
      'min_position',
      'position',
    ],
  ])('is refused as a gRPC read %s', async (_what, request, at, rule) => {
    const outcome = await callGrpc(grpc, 'BudgetService', 'GetBalance', request);
    expect(outcome).toMatchObject(invalid(at, rule));
  });

  it.each<[string, readonly number[], string, string]>([
    ['random bytes', [0xff, 0xff, 0xff], '', 'protobuf'],
    ['half a surrogate pair', field(2, [0xed, 0xa0, 0x80]), 'estimate', 'utf8'],
    ['a field nobody knows', field(9, 'x'), '9', 'unknown_member'],
    ['a number for an estimate', [0x10, 0x01], 'estimate', 'type'],
    ['two scopes', [...field(1, field(1, field(1, 'k'))), ...field(1, [])], 'scope', 'single'],
  ])('is refused as %s', async (_what, bytes, at, rule) => {
    const door = new GrpcBytes(ledger.grpcAddress);
    const outcome = await door.send('BudgetService/Check', Uint8Array.from(bytes));
    door.close();
    expect(outcome).toMatchObject(invalid(at, rule));
  });
});

function invalid(at: string, rule: string): object {
  return {
    code: status.INVALID_ARGUMENT,
    reason: 'invalid',
    domain: 'spendledger',
    faults: [[at, rule]],
  };
}

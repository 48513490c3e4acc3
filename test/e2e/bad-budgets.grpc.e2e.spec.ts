import { status } from '@grpc/grpc-js';
import {
  createTestDatabase,
  LedgerProcess,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { footprintOf } from './support/footprint';
import { callGrpc, GrpcBytes } from './support/grpc-outcome';
import { field, requestBytes } from './support/wire-bytes';

const SET = 'BudgetAdminService/SetBudget';
const GOOD = { budget_id: 'b', account: 'user:alice', limit: '200.00', window: { total: {} } };

type Bad = [what: string, settings: object, field: string, rule: string];

const BAD: Bad[] = [
  ['without an id', { budget_id: '' }, 'budget.budget_id', 'budget_id'],
  ['with a slash in its id', { budget_id: 'a/b' }, 'budget.budget_id', 'budget_id'],
  ['without an account', { account: '' }, 'budget.account', 'account'],
  ['for U+0000', { account: 'user:\0' }, 'budget.account', 'control'],
  ['for an empty user', { account: 'user:' }, 'budget.account', 'not_empty'],
  ['without a limit', { limit: undefined }, 'budget.limit', 'required'],
  ['with an empty limit', { limit: '' }, 'budget.limit', 'decimal'],
  ['with a negative limit', { limit: '-1' }, 'budget.limit', 'decimal'],
  [
    'neither limited nor unlimited',
    { limit: undefined, unlimited: false },
    'budget.unlimited',
    'true',
  ],
  ['without a window', { window: null }, 'budget.window', 'required'],
  ['with a window of no kind', { window: {} }, 'budget.window', 'required'],
  [
    'from no time on',
    { window: { total: { from: { seconds: 1, nanos: -1 } } } },
    'budget.window.total.from.nanos',
    'range',
  ],
  ['that warns at nothing', { warn_at: ['0.5', '0'] }, 'budget.warn_at[1]', 'share'],
  ['with an odd outage', { outage: 7 }, 'budget.outage', 'one_of'],
  [
    'valid too long',
    { valid_until: { seconds: 253_402_300_800 } },
    'budget.valid_until.seconds',
    'range',
  ],
  ['under no precondition', { etag: '1' }, 'budget.etag', 'etag'],
];

describe('a bad budget at BudgetAdminService', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;
  let bytesDoor: GrpcBytes;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    grpc = ledger.grpc();
    bytesDoor = new GrpcBytes(ledger.grpcAddress);
    expect((await admin('SetBudget', { budget: GOOD })).code).toBe(status.OK);
  });

  afterAll(async () => {
    grpc.close();
    bytesDoor.close();
    await ledger.stop();
    await db.drop();
  });

  it.each(BAD)('is refused %s', async (_what, settings, at, rule) => {
    for (const dry_run of [false, true]) {
      await refused(
        SET,
        requestBytes(SET, { budget: { ...GOOD, ...settings }, dry_run }),
        at,
        rule,
      );
    }
  });

  it.each<[string, readonly number[], string, string]>([
    ['nothing', [], 'budget', 'required'],
    ['random bytes', [0x0a, 0xff, 0xff], '', 'protobuf'],
    ['half a surrogate pair', field(1, field(1, [0xed, 0xb0, 0x80])), 'budget.budget_id', 'utf8'],
    ['a field nobody knows', field(1, field(42, 'x')), 'budget.42', 'unknown_member'],
    [
      'limited and unlimited',
      field(1, [...field(3, '1'), 0x20, 0x01]),
      'budget.unlimited',
      'single',
    ],
    [
      'of two windows',
      field(1, field(5, [...field(1, []), ...field(3, [])])),
      'budget.window.every',
      'single',
    ],
    ['a text for a flag', field(1, field(7, 'yes')), 'budget.enforce', 'type'],
  ])('is refused as %s', (_what, bytes, at, rule) =>
    refused(SET, Uint8Array.from(bytes), at, rule),
  );

  it.each<[string, object, string, string]>([
    ['GetBudget', { budget_id: '' }, 'budget_id', 'budget_id'],
    ['RemoveBudget', { budget_id: 'é' }, 'budget_id', 'budget_id'],
    ['RemoveBudget', { budget_id: 'b', etag: 'x' }, 'etag', 'etag'],
    ['ListBudgets', { account: 'alice' }, 'account', 'account'],
    ['ListBudgets', { page_size: -1 }, 'page_size', 'whole_number'],
    ['ListBudgets', { page_token: 'AA' }, 'page_token', 'page_token'],
    ['ListBudgets', { page_token: 'not one' }, 'page_token', 'page_token'],
  ])('is refused by %s of %j', (method, request, at, rule) => {
    const path = `BudgetAdminService/${method}`;
    return refused(path, requestBytes(path, request), at, rule);
  });

  it('is not there, or not as it was read', async () => {
    const absent = { code: status.NOT_FOUND, reason: 'not_found' };
    expect(await admin('GetBudget', { budget_id: 'none' })).toMatchObject(absent);
    expect(await admin('RemoveBudget', { budget_id: 'none' })).toMatchObject(absent);
    const changed = { code: status.ABORTED, reason: 'etag_mismatch' };
    const stale = { ...GOOD, etag: '"0"' };
    expect(await admin('SetBudget', { budget: stale })).toMatchObject(changed);
    expect(await admin('RemoveBudget', { budget_id: 'b', etag: 'W/"1"' })).toMatchObject(changed);
  });

  it('is after all that what it was before', async () => {
    const { value } = await admin('GetBudget', { budget_id: 'b' });
    expect(value.budget).toMatchObject({ etag: '"1"', limit: '200.00' });
  });

  /** Expects a refusal that leaves nothing behind. */
  async function refused(path: string, bytes: Uint8Array, at: string, rule: string): Promise<void> {
    const before = await footprintOf(db.database);
    expect(await bytesDoor.send(path, bytes)).toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'invalid',
      domain: 'spendledger',
      faults: [[at, rule]],
    });
    expect(await footprintOf(db.database)).toEqual(before);
  }

  const admin = (method: string, request: object) =>
    callGrpc(grpc, 'BudgetAdminService', method, request);
});

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { instantOf, writeHoldId, type Scope } from '#libs/ledger';
import {
  createTestDatabase,
  openTestLog,
  priceBook,
  pricesRecord,
  projectLog,
  spendRecord,
  spoilRecord,
  TEST_RULES,
  usageRecord,
  type TestDatabase,
} from '#libs/testing';
import type { LedgerDifference } from './ledger-difference';
import { verifyLedger } from './verify-ledger';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const USAGE = { input: 1_000_000, output: 1_000_000, cachedInput: 400_000 };
const BOOK = priceBook('v1', [
  { match: 'gpt-5', input: '1', cachedInput: '0.5', output: '2' },
  { match: 'gpt-5', from: '2026-04-27T10:00:00Z', input: '10', output: '20' },
]);
const BEFORE = instantOf('2026-04-27T09:59:59.999Z');
const HOLD_ID = writeHoldId(0, BEFORE, randomUUID());
/** By the hold's time: 600,000 × 1 + 400,000 × 0.5 + 1,000,000 × 2, for a million. */
const OF_HOLD = '2.80';
const reported = (amount: string, metadata: object = {}, id = HOLD_ID) =>
  spendRecord(ALICE, amount, {
    source: 'ledger/holds',
    id,
    holdId: id,
    model: 'gpt-5',
    metadata: { gateway: 'plain', prices: 'v1', usage: USAGE, ...metadata },
  });

describe('verifying what was priced', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  async function ledgerOf(
    ...records: Parameters<ReturnType<typeof openTestLog>['append']>[0][number][]
  ) {
    await openTestLog(db.database).append([pricesRecord(BOOK), ...records]);
    await projectLog(db.database);
  }
  async function differences(): Promise<LedgerDifference[]> {
    const facts = { ...TEST_RULES, logId: null };
    const { signal } = new AbortController();
    return [
      ...(await verifyLedger(db.database, facts, { most: 100, atOnce: 1, signal })).differences,
    ];
  }
  const kinds = async () => (await differences()).map(({ kind }) => kind);

  it('finds nothing where each amount is what its usage comes to', async () => {
    await ledgerOf(
      usageRecord(ALICE, USAGE, BOOK, { id: 'before', time: BEFORE }),
      usageRecord(ALICE, USAGE, BOOK, { id: 'after' }),
      usageRecord(ALICE, USAGE, undefined, { id: 'unpriced' }),
      reported(OF_HOLD),
    );
    expect(await differences()).toEqual([]);
  });

  it('names an amount that is not, with what it comes to', async () => {
    await ledgerOf(usageRecord(ALICE, USAGE, BOOK, { id: 'a', time: BEFORE }));
    await spoilRecord(db.database, async (trx) => {
      await sql`update spend_event set amount = 2.800000000001`.execute(trx);
    });
    expect(await differences()).toContainEqual(
      expect.objectContaining({
        kind: 'wrong_price',
        source: 'test-gateway',
        id: 'a',
        version: 'v1',
        stored: '2.800000000001',
        expected: OF_HOLD,
      }),
    );
  });

  it('names what a gateway’s door said wrongly, by the prices of when the hold was taken', async () => {
    await ledgerOf(reported('2.81'));
    expect(await differences()).toEqual([
      expect.objectContaining({ kind: 'wrong_price', stored: '2.81', expected: OF_HOLD }),
    ]);
  });

  it.each<[string, object]>([
    ['prices that never were', { prices: 'v9' }],
    ['usage of another form', { usage: { tokens: 7 } }],
    ['no gateway', { gateway: undefined }],
  ])('takes metadata with %s for a caller’s own', async (_what, metadata) => {
    await ledgerOf(reported('7.00', metadata));
    expect(await differences()).toEqual([]);
  });

  it('names an amount whose prices are not on record', async () => {
    await ledgerOf(usageRecord(ALICE, USAGE, priceBook('v2'), { id: 'a' }));
    expect(await kinds()).toEqual(['missing_prices']);
  });

  it('names prices that were changed, and the amounts that they do not make any more', async () => {
    await ledgerOf(usageRecord(ALICE, USAGE, BOOK, { id: 'a', time: BEFORE }));
    await spoilRecord(db.database, async (trx) => {
      await sql`update price_book set document = replace(document, '"1.00"', '"1.01"')`.execute(
        trx,
      );
    });
    expect((await kinds()).sort()).toEqual(['changed_prices', 'wrong_price']);
  });

  it('names prices that are missing, where the log is here', async () => {
    await ledgerOf();
    await spoilRecord(db.database, async (trx) => {
      await sql`delete from price_book`.execute(trx);
    });
    expect(await differences()).toEqual([
      expect.objectContaining({
        kind: 'missing_event',
        source: 'ledger/prices',
        id: 'v1',
        expected: 'a version of the prices',
      }),
    ]);
  });
});

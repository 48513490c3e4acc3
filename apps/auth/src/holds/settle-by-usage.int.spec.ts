import { sql } from 'kysely';
import { BudgetedTargets } from '#libs/balances';
import { instantOf, NO_PRICES, type PriceBook, type Scope } from '#libs/ledger';
import { createTestDatabase, priceBook, TestClock, type TestDatabase } from '#libs/testing';
import { flushHolds, type FlushParts } from './flush-holds';
import type { SettleRequest, TakeRequest } from './hold-request';

const SCOPE: Scope = { type: 'user', userId: 'alice' };
const USAGE = { input: 1_000_000, output: 0 };
const MODELS = [
  { match: 'gpt-5', input: '1', output: '1' },
  { match: 'gpt-5', from: '2026-04-27T10:05:00Z', input: '3', output: '3' },
];

describe('a settle that says its usage', () => {
  let db: TestDatabase;
  let clock: TestClock;
  let parts: FlushParts;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, '2026-04-27T10:04:59.999999Z');
    await sql`update projection_partition set caught_up_at = ledger_now()`.execute(
      db.database.kysely,
    );
    parts = {
      database: db.database,
      currency: 'USD',
      isCaughtUp: () => true,
      isLogElsewhere: false,
      slot: 0,
      gateAttempts: 5,
      budgeted: new BudgetedTargets(),
      policy: { partitions: 12, unbudgeted: 'allow', maxLagMs: 1e12 },
      keeper: { idOf: () => null },
      prices: NO_PRICES,
    };
  });
  afterEach(() => db.drop());

  const by = (current: PriceBook | undefined): FlushParts => ({ ...parts, prices: { current } });
  const settle = (holdId: string, cost: object): SettleRequest => ({
    kind: 'settle',
    caller: 'anonymous',
    holdId,
    time: undefined,
    cost: { basis: 'exact', usage: USAGE, model: 'gpt-5', ...cost },
  });
  async function take(): Promise<string> {
    const request: TakeRequest = {
      kind: 'take',
      caller: 'anonymous',
      scope: SCOPE,
      amountPico: 2n * 10n ** 12n,
      ttlSeconds: 600,
      requestId: null,
      idempotencyKey: null,
      onExpiry: 'release',
    };
    const [taken] = await flushHolds(parts, [request]);
    return (taken as { hold: { holdId: string } }).hold.holdId;
  }
  const inOutbox = async () => {
    const rows = await db.database.kysely.selectFrom('outbox').select('headers').execute();
    return rows.map(({ headers }) => [headers['ce_ledgeramount'], headers['ce_ledgerprices']]);
  };

  it('costs what it did when the hold was taken, whenever it is settled', async () => {
    const holdId = await take();
    await clock.set(instantOf('2026-04-27T10:06:00Z'));
    const [settled] = await flushHolds(by(priceBook('v1', MODELS)), [settle(holdId, {})]);
    expect(settled).toMatchObject({ outcome: 'settled', overrunPico: 0n, isRepeated: false });
    expect(await inOutbox()).toEqual([['1.00', 'v1']]);
    const later = await take();
    const [dearer] = await flushHolds(by(priceBook('v1', MODELS)), [settle(later, {})]);
    expect(dearer).toMatchObject({ overrunPico: 10n ** 12n });
    expect(await inOutbox()).toContainEqual(['3.00', 'v1']);
  });

  it('is the same once more though prices have changed, and another usage is another cost', async () => {
    const holdId = await take();
    await flushHolds(by(priceBook('v1', MODELS)), [settle(holdId, {})]);
    const dear = by(priceBook('v2', [{ match: '*', input: '9', output: '9' }]));
    const outcomes = await flushHolds(dear, [
      settle(holdId, {}),
      settle(holdId, { usage: { ...USAGE, output: 1 } }),
      settle(holdId, { usage: undefined, amountPico: 10n ** 12n }),
    ]);
    expect(outcomes).toMatchObject([
      { outcome: 'settled', isRepeated: true, overrunPico: 0n },
      { outcome: 'ended' },
      { outcome: 'ended' },
    ]);
    expect(await inOutbox()).toEqual([['1.00', 'v1']]);
  });

  it('is of unknown cost without a price, and sets the held money free', async () => {
    const holdId = await take();
    const [settled] = await flushHolds(parts, [settle(holdId, {})]);
    expect(settled).toMatchObject({ outcome: 'settled', overrunPico: 0n });
    expect(await inOutbox()).toEqual([[undefined, undefined]]);
    const hold = await db.database.kysely
      .selectFrom('hold')
      .select(['actual', 'basis'])
      .executeTakeFirst();
    expect(hold).toEqual({ actual: null, basis: 'unknown' });
    const held = await db.database.kysely.selectFrom('held_account').select('taken').execute();
    expect(held).toEqual([{ taken: '0.00' }]);
  });
});

import {
  heldAccountsOf,
  HoldBook,
  lockAccounts,
  newHoldId,
  writeBook,
  type Hold,
} from '#libs/holds';
import { instantOf, partitionOfScope, type PriceBook, type Scope, type Spend } from '#libs/ledger';
import type { SpendLog } from '#libs/spend-log';
import {
  BARE_HOLD,
  createTestDatabase,
  openTestLog,
  priceBook,
  projectionDifferences,
  projectLog,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import { ClaimRestoration } from './claim-restoration';
import { OutboxRelay } from './outbox-relay';
import { SpendRecorder } from './record-spend';
import { RecordingRounds } from './recording-rounds';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const NOW = '2026-04-27T10:00:00Z';
const CALLER = 'gateway';
const CHEAP = priceBook('cheap', [{ match: 'gpt-5', input: '1', output: '1' }]);
const DEAR = priceBook('dear', [{ match: 'gpt-5', input: '2', output: '2' }]);
const USAGE = { input: 1_000_000, output: 1_000_000 };

describe('usage that is sent again under other prices', () => {
  let db: TestDatabase;
  let clock: TestClock;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, NOW);
  });
  afterEach(() => db.drop());

  const spend = (more: Partial<Spend> = {}): Spend => ({
    id: 'call-1',
    source: 'gateway-a',
    time: instantOf(NOW),
    scope: ALICE,
    currency: TEST_CURRENCY,
    basis: 'exact',
    usage: USAGE,
    model: 'gpt-5',
    ...more,
  });
  const recorder = (current: PriceBook | undefined, log: SpendLog = openTestLog(db.database)) =>
    new SpendRecorder(
      db.database,
      log,
      new ClaimRestoration(db.database),
      TEST_PARTITIONS,
      new RecordingRounds({ maxBatch: 100, maxQueue: 100, recordWaitMs: 30_000 }),
      undefined,
      { current },
    );
  const record = (by: SpendRecorder, given = spend()) =>
    by.record({ spend: given, extensions: {} }, CALLER);
  const onLog = async () => {
    const rows = await db.database.kysely
      .selectFrom('log_record')
      .select('headers')
      .orderBy('log_offset')
      .execute();
    return rows.map(({ headers }) => [headers['ce_ledgeramount'], headers['ce_ledgerprices']]);
  };
  const spent = async () => {
    await projectLog(db.database);
    const row = await db.database.kysely
      .selectFrom('user_balance')
      .select(['spent', 'unpriced', 'flipped'])
      .executeTakeFirst();
    return [row?.spent, Number(row?.unpriced), row?.flipped];
  };
  const dying = () =>
    Object.assign(openTestLog(db.database), {
      append: () => Promise.reject(new Error('killed')),
    });

  it('counts as it was priced first, also where the first was not projected yet', async () => {
    expect(await record(recorder(CHEAP))).toMatchObject({ duplicate: false });
    expect(await record(recorder(DEAR))).toMatchObject({ duplicate: true });
    expect(await onLog()).toEqual([
      ['2.00', 'cheap'],
      ['4.00', 'dear'],
    ]);
    expect((await spent())[0]).toBe('2.00');
    expect(await record(recorder(DEAR))).toMatchObject({ duplicate: true });
    expect(await onLog()).toHaveLength(2);
  });

  it('stays of unknown cost where it had no price', async () => {
    await record(recorder(undefined));
    expect(await record(recorder(DEAR))).toMatchObject({ duplicate: true });
    expect((await spent()).slice(0, 2)).toEqual(['0', 1]);
  });

  it('flips what it has settled its hold with, though its recorder died under the prices before', async () => {
    const hold = await take();
    const given = spend({ holdId: hold.holdId });
    await expect(record(recorder(CHEAP, dying()), given)).rejects.toThrow('killed');
    expect(await record(recorder(DEAR), given)).toMatchObject({ duplicate: true });
    const relay = new OutboxRelay(db.database, openTestLog(db.database), {
      pollMs: 10,
      retryMs: 10,
      maxBatch: 10,
      onError: () => undefined,
    });
    expect(await relay.relayOnce()).toBe(1);
    expect(await onLog()).toEqual([
      ['2.00', 'cheap'],
      ['2.00', 'cheap'],
    ]);
    expect(await spent()).toEqual(['2.00', 0, '2.00']);
    const { taken } = await db.database.kysely
      .selectFrom('held_account')
      .select('taken')
      .executeTakeFirstOrThrow();
    expect(taken).toBe('2.00');
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  async function take(): Promise<Hold> {
    const now = await clock.now();
    const hold: Hold = {
      ...BARE_HOLD,
      scope: ALICE,
      amountPico: 4n * 10n ** 12n,
      caller: CALLER,
      createdAt: now,
      holdId: newHoldId(partitionOfScope(ALICE, TEST_PARTITIONS), now),
      expiresAt: instantOf('2026-04-27T10:10:00Z'),
    };
    await db.database.atomically(async (client) => {
      await lockAccounts(client, heldAccountsOf(ALICE, TEST_PARTITIONS));
      const book = new HoldBook(now, TEST_PARTITIONS, []);
      book.take(hold);
      await writeBook(client, book, { partitions: TEST_PARTITIONS, slot: 0 });
    });
    return hold;
  }
});

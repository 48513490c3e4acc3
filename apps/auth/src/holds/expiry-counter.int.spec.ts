import { readSnapshot } from '#libs/balances';
import {
  heldAccountsOf,
  HoldBook,
  lockAccounts,
  newHoldId,
  writeBook,
  type Hold,
} from '#libs/holds';
import { formatMoney, instantOf, type Scope } from '#libs/ledger';
import {
  BARE_HOLD,
  createTestDatabase,
  TEST_PARTITIONS,
  TestClock,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { ExpiryCounter } from './expiry-counter';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const ACCOUNTS = new Map([['user:alice', { kind: 'user', userId: 'alice' } as const]]);
const NOW = instantOf('2026-04-27T10:00:00Z');
const SECOND = 1_000_000n;
const HOLDS = 50;

describe('what has expired on an account that nobody takes from', () => {
  let db: TestDatabase;
  let counter: ExpiryCounter;

  beforeEach(async () => {
    db = await createTestDatabase();
    const clock = await TestClock.of(db.database, '2026-04-27T10:00:00Z');
    await take(db);
    await clock.set(NOW + 30n * SECOND);
    counter = new ExpiryCounter(db.database, {
      leastDueSums: 30,
      maxQueue: 10,
      maxBatch: 10,
      retryMs: 10,
      onError: (error) => expect(error).toBeUndefined(),
    });
    counter.onApplicationBootstrap();
  });
  afterEach(async () => {
    await counter.onApplicationShutdown();
    await db.drop();
  });

  it('is counted out once a reader has met it, and no answer changes by it', async () => {
    const before = await readSnapshot(db.database, ACCOUNTS, TEST_PARTITIONS);
    expect(before.due).toMatchObject([{ account: 'user:alice', sums: 30 }]);
    expect(formatMoney(before.heldOf('user:alice'))).toBe('20.00');
    counter.notice(before.due);
    await waitUntil('nothing is due', async () => {
      const after = await readSnapshot(db.database, ACCOUNTS, TEST_PARTITIONS);
      expect(after.heldOf('user:alice')).toBe(before.heldOf('user:alice'));
      return after.due.length === 0;
    });
  });

  it('is left where it is little', async () => {
    const { due } = await readSnapshot(db.database, ACCOUNTS, TEST_PARTITIONS);
    counter.notice(due.map((one) => ({ ...one, sums: 29 })));
    await counter.onApplicationShutdown();
    const after = await readSnapshot(db.database, ACCOUNTS, TEST_PARTITIONS);
    expect(after.due).toEqual(due);
  });
});

/** One hold of 1.00 for each of the next seconds. */
async function take({ database }: TestDatabase): Promise<void> {
  await database.atomically(async (client) => {
    await lockAccounts(client, heldAccountsOf(ALICE, TEST_PARTITIONS));
    const book = new HoldBook(NOW, TEST_PARTITIONS, []);
    for (let n = 1; n <= HOLDS; n++) book.take(holdUntil(NOW + BigInt(n) * SECOND));
    await writeBook(client, book, { partitions: TEST_PARTITIONS, slot: 0 });
  });
}

function holdUntil(expiresAt: bigint): Hold {
  return {
    ...BARE_HOLD,
    holdId: newHoldId(0, NOW),
    scope: ALICE,
    amountPico: 10n ** 12n,
    caller: 'gateway',
    createdAt: NOW,
    expiresAt,
  };
}

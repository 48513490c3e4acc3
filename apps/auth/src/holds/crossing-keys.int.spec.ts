import { BudgetedTargets } from '#libs/balances';
import { HoldBook, writeBook, type Hold } from '#libs/holds';
import { NO_PRICES, partitionOfScope, type Scope } from '#libs/ledger';
import {
  BARE_HOLD,
  createTestDatabase,
  TEST_PARTITIONS,
  untilSessionsWait,
  type TestDatabase,
} from '#libs/testing';
import { isUniqueViolation } from '#libs/runtime';
import { flushHolds, type FlushParts } from './flush-holds';
import type { TakeRequest } from './hold-request';

describe('two flushes of other accounts with the same idempotency keys', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
    await db.database.kysely
      .updateTable('projection_partition')
      .set({ caught_up_at: new Date().toISOString() })
      .execute();
  });

  afterEach(() => db.drop());

  it('do not wait for each other crosswise', async () => {
    const [low, middle, high] = scopesInOrder();
    const letGo = await useKeys(['k-2', 'k-3']);
    const one = flush(1, [take(low, 'k-1'), take(middle, 'k-2'), take(high, 'k-4')]);
    await untilSessionsWait(db.database, 1);
    const other = flush(2, [
      take(alike(low), 'k-4'),
      take(alike(middle), 'k-3'),
      take(alike(high), 'k-1'),
    ]);
    await untilSessionsWait(db.database, 2);
    const [, [first, second]] = await Promise.all([letGo(), Promise.allSettled([one, other])]);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({ status: 'rejected' });
    expect(isUniqueViolation((second as PromiseRejectedResult).reason)).toBe(true);
  });

  /** Of an auth in a slot of its own: in one slot, flushes wait for each other at the row of the ledger. */
  function flush(slot: number, requests: readonly TakeRequest[]): ReturnType<typeof flushHolds> {
    const parts: FlushParts = {
      database: db.database,
      currency: 'USD',
      isCaughtUp: () => true,
      isLogElsewhere: false,
      slot,
      gateAttempts: 5,
      budgeted: new BudgetedTargets(),
      policy: { partitions: TEST_PARTITIONS, unbudgeted: 'allow', maxLagMs: 1e9 },
      keeper: { idOf: () => null },
      prices: NO_PRICES,
    };
    return flushHolds(parts, requests);
  }

  /** A third flush has them, and is then undone. @returns what ends it */
  async function useKeys(keys: readonly string[]): Promise<() => Promise<void>> {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let written = (): void => undefined;
    const isWritten = new Promise<void>((resolve) => (written = resolve));
    const undone = new Error('undone');
    const all = db.database
      .atomically(async (client) => {
        const book = new HoldBook(0n, TEST_PARTITIONS, []);
        keys.forEach((key, n) => book.take(heldUnder(key, n)));
        await writeBook(client, book, { partitions: TEST_PARTITIONS, slot: 0 });
        written();
        await ended;
        throw undone;
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error;
      });
    await Promise.race([isWritten, all]);
    return () => {
      end();
      return all;
    };
  }
});

/** One in each of three partitions: in their order stand the holds of a flush. */
function scopesInOrder(): [low: Scope, middle: Scope, high: Scope] {
  return [scopeIn(1), scopeIn(5), scopeIn(9)];
}

function scopeIn(partition: number, suffix = ''): Scope {
  for (let n = 0; ; n++) {
    const scope: Scope = { type: 'key', keyId: `key-${n}${suffix}` };
    if (partitionOfScope(scope, TEST_PARTITIONS) === partition) return scope;
  }
}

/** Another's, in the same partition. */
function alike(scope: Scope): Scope {
  return scopeIn(partitionOfScope(scope, TEST_PARTITIONS), '-alike');
}

function take(scope: Scope, idempotencyKey: string): TakeRequest {
  return {
    kind: 'take',
    caller: 'anonymous',
    scope,
    amountPico: 1n,
    ttlSeconds: 60,
    requestId: null,
    idempotencyKey,
    onExpiry: 'release',
  };
}

function heldUnder(key: string, n: number): Hold {
  return {
    ...BARE_HOLD,
    holdId: `00000000-0000-8000-8000-00000000000${n}`,
    scope: { type: 'key', keyId: 'third' },
    amountPico: 1n,
    createdAt: 0n,
    expiresAt: 60_000_000n,
    caller: 'anonymous',
    idempotency: { key, bodyHash: '' },
  };
}

import { instantOf, judge, parseBudget, type Instant, type ScopeAccount } from '#libs/ledger';
import { BARE_HOLD, createTestDatabase, TEST_PARTITIONS, type TestDatabase } from '#libs/testing';
import { HoldBook, lockAccounts, newHoldId, placeOfHeld, writeBook, type Hold } from '#libs/holds';
import type { AnsweredDecision } from './decisions/answered-decision';
import { EarliestPassFinder } from './find-earliest-pass';

const PICO = 10n ** 12n;
const SECOND = 1_000_000n;
const NOW = instantOf('2026-04-27T10:00:00Z');
const ALICE: ScopeAccount = { kind: 'user', userId: 'alice' };

describe('finding when a refused request could pass', () => {
  let db: TestDatabase;
  let isOpen: boolean;
  let errors: unknown[];

  beforeEach(async () => {
    db = await createTestDatabase();
    [isOpen, errors] = [false, []];
  });
  afterEach(() => db.drop());

  const finder = (maxExpiries = 1000) =>
    new EarliestPassFinder({
      reads: db.database.forReads(),
      partitions: TEST_PARTITIONS,
      maxExpiries,
      limits: {
        maxBatch: 10,
        maxQueue: 100,
        waitMs: 10_000,
        breaker: {
          get isOpen() {
            return isOpen;
          },
        },
      },
      onError: (error) => errors.push(error),
    });

  /** Of so much each, of which one expires each second. */
  const hold = (...amounts: readonly bigint[]) =>
    db.database.atomically(async (client) => {
      await lockAccounts(client, [placeOfHeld(ALICE, TEST_PARTITIONS)]);
      const book = new HoldBook(NOW, TEST_PARTITIONS, []);
      amounts.forEach((amount, n) => {
        const hold: Hold = {
          ...BARE_HOLD,
          scope: { type: 'user', userId: 'alice' },
          amountPico: amount * PICO,
          caller: 'test',
          holdId: newHoldId(0, NOW),
          createdAt: NOW,
          expiresAt: NOW + BigInt(n + 1) * SECOND,
        };
        book.take(hold);
      });
      await writeBook(client, book, { partitions: TEST_PARTITIONS, slot: 0 });
    });

  function refused(
    held: bigint,
    more: Partial<AnsweredDecision> = {},
    settings: object = {},
  ): AnsweredDecision {
    const given = { account: 'user:alice', limit: '10', window: { type: 'total' }, ...settings };
    const read = parseBudget('b', given);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    const window = { start: null, end: null };
    const state = {
      budget: read.value,
      account: ALICE,
      window,
      spentPico: 0n,
      heldPico: held * PICO,
    };
    const judged = judge(state, PICO);
    return {
      allowed: false,
      budgets: [judged],
      blockedBy: judged,
      unbudgeted: false,
      remainingPico: 0n,
      message: '',
      decisionId: null,
      position: '',
      asOf: NOW,
      lagMs: 0,
      degraded: false,
      decidedAt: NOW,
      ...more,
    };
  }
  const after = (seconds: bigint): Instant => NOW + seconds * SECOND;

  it('goes by what expires, of many refusals at once', async () => {
    await hold(3n, 3n, 3n, 3n);
    const find = finder();
    const passes = await Promise.all(
      [12n, 12n, 10n].map((held, n) => find.of(refused(held), BigInt(n * 3 + 1) * PICO)),
    );
    expect(passes).toEqual([after(1n), after(2n), after(3n)]);
  });

  it('takes what it has not looked at to be held until the longest hold has ended', async () => {
    await hold(1n, 1n, 1n, 1n, 6n);
    expect(await finder(3).of(refused(10n), 3n * PICO)).toBe(after(3n));
    expect(await finder(3).of(refused(10n), 4n * PICO)).toBe(after(86_401n));
  });

  it('cannot tell while Postgres is gone, where something is held', async () => {
    await hold(10n);
    isOpen = true;
    expect(await finder().of(refused(10n), PICO)).toBe('unknown');
    const spent = refused(0n);
    const judged = { ...spent.budgets[0]!, verdict: 'exceeded' as const, spentPico: 10n * PICO };
    expect(await finder().of({ ...spent, budgets: [judged], blockedBy: judged }, PICO)).toBe(
      'never',
    );
  });

  it('cannot tell when a ledger that is behind will have caught up', async () => {
    const closed = { degraded: true };
    expect(await finder().of(refused(0n, closed), PICO)).toBe('unknown');
    expect(await finder().of(refused(0n, { ...closed, blockedBy: null, budgets: [] }), PICO)).toBe(
      'unknown',
    );
    await hold(10n);
    // Exceeded as far as is known, and open: nothing else blocks.
    expect(await finder().of(refused(10n, closed, { outage: 'open' }), PICO)).toBe(after(1n));
  });

  it('is never where no budget covers the call, and after the end of what is asked', async () => {
    const denied = { blockedBy: null, budgets: [], unbudgeted: true };
    expect(await finder().of(refused(0n, denied), PICO)).toBe('never');
    await hold(3n, 7n);
    expect(await finder().of(refused(10n), PICO, after(2n))).toBe(after(1n));
    expect(await finder().of(refused(10n), 4n * PICO, after(2n))).toBe('never');
  });

  it('says nothing rather than fail', async () => {
    await hold(10n);
    await db.database.kysely.schema.alterTable('held_expiry').renameTo('elsewhere').execute();
    expect(await finder().of(refused(10n), PICO)).toBe('unknown');
    expect(errors).toHaveLength(1);
  });
});

import { sql } from 'kysely';
import {
  formatInstant,
  formatMoney,
  instantOf,
  isOfScope,
  parseAccount,
  parseBudget,
  partitionOfHeld,
  partitionOfScope,
  picoOfDecimal,
  type Account,
  type ScopeAccount,
  type Instant,
  type Scope,
} from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import { readSnapshot, readStateOf } from './read-snapshot';

const NOW = instantOf('2026-04-27T10:00:00.5Z');
const SECOND = 1_000_000n;
/** Holds expire on whole seconds. */
const SOON = instantOf('2026-04-27T10:00:10Z');
const LATER = instantOf('2026-04-27T11:00:00Z');
const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const BOB: Scope = { type: 'user', userId: 'bob', keyId: 'k' };
const KINDS = ['key:k', 'user:alice', 'team:ml', 'member:ml/alice'];
const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };

describe('what is held of an account', () => {
  let db: TestDatabase;
  let clock: TestClock;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, formatInstant(NOW));
  });
  afterEach(() => db.drop());

  it.each(KINDS)(
    'of %s shows in each of its budgets, also in one that is set later',
    async (name) => {
      await record(budgetRecord('all', 1, { account: name }));
      await take(name, '7.50', LATER);
      expect(await heldOf(name)).toEqual(['7.50', 'all 7.50']);
      await record(budgetRecord('month', 1, { account: name, window: MONTH }));
      expect(await heldOf(name)).toEqual(['7.50', 'all 7.50', 'month 7.50']);
      const others = KINDS.filter((other) => other !== name);
      for (const other of others) expect(await heldOf(other)).toEqual(['0.00']);
    },
  );

  it('expires exactly at its instant, hold by hold, counted out or not', async () => {
    await take('user:alice', '1.00', SOON);
    await take('user:alice', '20.00', SOON + SECOND);
    await take('user:alice', '300.00', LATER);
    for (const countsOut of [false, true]) {
      await clock.set(SOON - 1n);
      expect(await heldOf('user:alice')).toEqual(['321.00']);
      await clock.set(SOON);
      if (countsOut) await take('user:alice', '0.00', LATER);
      expect(await heldOf('user:alice')).toEqual(['320.00']);
      await clock.set(SOON + SECOND - 1n);
      expect(await heldOf('user:alice')).toEqual(['320.00']);
      await clock.set(SOON + SECOND);
      expect(await heldOf('user:alice')).toEqual(['300.00']);
    }
    await take('user:alice', '4000.00', LATER);
    expect(await heldOf('user:alice')).toEqual(['4300.00']);
    await clock.set(LATER);
    expect(await heldOf('user:alice')).toEqual(['0.00']);
  });

  it('is read at the last flush of its accounts when the clock shows an earlier time', async () => {
    await take('user:alice', '1.00', SOON);
    const at = async (floor: Instant) => {
      const snapshot = await readSnapshot(
        db.database,
        accountsOf('user:alice'),
        TEST_PARTITIONS,
        floor,
      );
      return [snapshot.now, formatMoney(snapshot.heldOf('user:alice'))];
    };
    expect(await at(NOW - 1n)).toEqual([NOW, '1.00']);
    expect(await at(SOON - 1n)).toEqual([SOON - 1n, '1.00']);
    expect(await at(SOON)).toEqual([SOON, '0.00']);
  });

  it('of a key is less by what became spend in any of the partitions that feed it', async () => {
    await record(spendRecord(ALICE, '0.00'), spendRecord(BOB, '0.00'));
    await take('key:k', '100.00', LATER);
    for (const [scope, amount] of [
      [ALICE, '1.00'],
      [BOB, '20.00'],
    ] as const) {
      await sql`
        update key_balance set spent = spent + ${amount}, flipped = flipped + ${amount}
        where partition = ${partitionOfScope(scope, TEST_PARTITIONS)} and key_id = 'k'`.execute(
        db.database.kysely,
      );
    }
    const snapshot = await read('key:k');
    expect(formatMoney(snapshot.heldOf('key:k'))).toBe('79.00');
    expect(formatMoney(snapshot.sumsOf('key:k').spentPico)).toBe('21.00');
  });

  it('follows what is granted on the snapshot, and is never less than nothing', async () => {
    await record(budgetRecord('all', 1, { account: 'user:alice' }));
    await take('user:alice', '1.00', LATER);
    const snapshot = await read('user:alice');
    const account = accountOf('user:alice');
    const shown = () => formatMoney(snapshot.statesOf(account)[0]!.heldPico);
    snapshot.changeHeld('user:alice', picoOfDecimal('2.00'));
    expect(shown()).toBe('3.00');
    snapshot.changeHeld('user:bob', picoOfDecimal('5.00'));
    expect([shown(), formatMoney(snapshot.heldOf('user:bob'))]).toEqual(['3.00', '5.00']);
    snapshot.changeHeld('user:alice', picoOfDecimal('-2.50'));
    expect(shown()).toBe('0.50');
    snapshot.changeHeld('user:alice', picoOfDecimal('-0.51'));
    expect(shown()).toBe('0.00');
  });

  it('is seen inside the transaction that takes it, beside windows that are not kept', async () => {
    const time = NOW - SECOND;
    await record(spendRecord(ALICE, '3.00', { time }), spendRecord(ALICE, '5.00', { time: LATER }));
    const budget = parseBudget('asked', { account: 'user:alice', limit: '9', window: MONTH });
    const day = { type: 'every', duration: 'PT1H', anchor: '2026-04-27T09:30:00Z' };
    await record(budgetRecord('hour', 1, { account: 'user:alice', window: day }));
    if (!budget.ok) throw new Error('not a budget');
    await db.database.atomically(async (client) => {
      await takeWith(client, 'user:alice', '1.00', LATER);
      const account = accountOf('user:alice');
      const asked = await readStateOf(client, budget.value, account, TEST_PARTITIONS);
      expect([asked.spentPico, asked.heldPico].map(formatMoney)).toEqual(['8.00', '1.00']);
      const snapshot = await readSnapshot(client, accountsOf('user:alice'), TEST_PARTITIONS);
      const [hour] = snapshot.statesOf(account);
      expect([hour!.spentPico, hour!.heldPico].map(formatMoney)).toEqual(['3.00', '1.00']);
    });
  });

  const record = async (...records: readonly NewRecord[]) => {
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
  };
  const read = (name: string) => readSnapshot(db.database, accountsOf(name), TEST_PARTITIONS);

  /** In all, and in each budget. */
  async function heldOf(name: string): Promise<string[]> {
    const snapshot = await read(name);
    const states = snapshot.statesOf(accountOf(name));
    return [
      formatMoney(snapshot.heldOf(name)),
      ...states.map(({ budget, heldPico }) => `${budget.budgetId} ${formatMoney(heldPico)}`),
    ];
  }

  function take(name: string, amount: string, expiresAt: Instant): Promise<void> {
    return db.database.atomically((client) => takeWith(client, name, amount, expiresAt));
  }

  async function takeWith(client: Prepared, name: string, amount: string, expiresAt: Instant) {
    const account = [[partitionOfHeld(accountOf(name), TEST_PARTITIONS)], [name]];
    await client.prepared({ name: 'lock', text: 'select lock_held($1, $2)' }, account);
    await client.prepared(
      { name: 'move', text: 'select move_held(ledger_now(), $1, $2, $3, $1, $2, $4, $3)' },
      [...account, [amount], [formatInstant(expiresAt)]],
    );
  }
});

function accountsOf(name: string): Map<string, Account> {
  return new Map([[name, accountOf(name)]]);
}

function accountOf(name: string): ScopeAccount {
  const account = parseAccount(name, 'account');
  if (!account.ok || !isOfScope(account.value)) throw new Error(`not of a scope: ${name}`);
  return account.value;
}

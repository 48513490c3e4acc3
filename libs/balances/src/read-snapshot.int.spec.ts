import {
  formatAccount,
  formatInstant,
  formatMoney,
  instantOf,
  parseAccount,
  parseBudget,
  type Account,
  type Instant,
  type Scope,
} from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { readSnapshot, readStateOf } from './read-snapshot';
import type { Snapshot } from './snapshot';

const USER: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const FROM = instantOf('2026-04-01T00:00:00Z');
const KINDS = ['key:k', 'user:alice', 'team:ml', 'member:ml/alice'];

describe('what the projection says about accounts', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  const record = async (...records: readonly NewRecord[]) => {
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
  };
  const read = (...names: readonly string[]): Promise<Snapshot> => {
    const accounts = new Map(names.map((name) => [name, accountOf(name)]));
    return readSnapshot(db.database, accounts, TEST_PARTITIONS);
  };
  /** The budgets of an account, each with what was spent of it. */
  const budgetsOf = async (name: string) => {
    const states = (await read(name)).statesOf(accountOf(name));
    return states.map(({ budget, spentPico }) => `${budget.budgetId} ${formatMoney(spentPico)}`);
  };

  describe('balances', () => {
    it('are zero for accounts never seen', async () => {
      const snapshot = await read(...KINDS);
      for (const name of KINDS) {
        expect(snapshot.sumsOf(name)).toEqual({ spentPico: 0n, unpriced: 0 });
      }
    });

    it('keep a person’s own spend and a team’s apart, and sum a key over its partitions', async () => {
      const elsewhere: Scope = { type: 'user', userId: 'bob', keyId: 'k' };
      const alone: Scope = { type: 'key', keyId: 'k' };
      const records = [
        spendRecord(USER, '1.00'),
        spendRecord(TEAM, '20.00'),
        spendRecord(elsewhere, '300.00'),
        spendRecord(alone, '4000.000000000001'),
        spendRecord(alone, undefined),
      ];
      expect(new Set(records.map(({ partition }) => partition)).size).toBeGreaterThan(2);
      await record(...records);
      const snapshot = await read(...KINDS, 'user:bob');
      const spent = [...KINDS, 'user:bob'].map((name) => snapshot.sumsOf(name).spentPico);
      expect(spent.map(formatMoney)).toEqual([
        '4321.000000000001',
        '1.00',
        '20.00',
        '20.00',
        '300.00',
      ]);
      expect(KINDS.map((name) => snapshot.sumsOf(name).unpriced)).toEqual([1, 0, 0, 0]);
    });

    it.each(['*', '%', '%2A', 'a/b', '__proto__', 'é'])('are found for an id %s', async (id) => {
      await record(
        spendRecord({ type: 'user', userId: id, keyId: id }, '1.00'),
        spendRecord({ type: 'team', teamId: id, userId: id }, '2.00'),
      );
      const accounts: Account[] = [
        { kind: 'key', keyId: id },
        { kind: 'user', userId: id },
        { kind: 'team', teamId: id },
        { kind: 'member', teamId: id, userId: id },
      ];
      const names = accounts.map(formatAccount);
      const snapshot = await read(...names);
      const spent = names.map((name) => formatMoney(snapshot.sumsOf(name).spentPico));
      expect(spent).toEqual(['1.00', '1.00', '2.00', '2.00']);
    });
  });

  describe('budgets', () => {
    it.each([
      ['key:k', 'key:*'],
      ['user:alice', 'user:*'],
      ['team:ml', 'team:*'],
      ['member:ml/alice', 'member:ml/*'],
    ])('of %s are its own, or else those of %s', async (account, byDefault) => {
      const others = ['key:*', 'user:*', 'team:*', 'member:ml/*', 'member:other/*'].filter(
        (target) => target !== byDefault,
      );
      await record(
        ...others.map((target, n) => budgetRecord(`other-${n}`, 1, { account: target })),
      );
      expect(await budgetsOf(account)).toEqual([]);
      await record(spendRecord(USER, '1.00'), spendRecord(TEAM, '1.00'));
      await record(budgetRecord('default', 1, { account: byDefault }));
      const spent = account === 'key:k' ? '2.00' : '1.00';
      expect(await budgetsOf(account)).toEqual([`default ${spent}`]);
      await record(budgetRecord('own', 1, { account, limit: null, enforce: false }));
      await record(budgetRecord('a-second', 1, { account }));
      expect(await budgetsOf(account)).toEqual([`a-second ${spent}`, `own ${spent}`]);
      await record(budgetRecord('own', 2, null), budgetRecord('a-second', 2, null));
      expect(await budgetsOf(account)).toEqual([`default ${spent}`]);
    });

    it('of a default count for each account by itself', async () => {
      const bob: Scope = { type: 'user', userId: 'bob' };
      await record(budgetRecord('default', 1, { account: 'user:*' }));
      await record(spendRecord(USER, '1.00'), spendRecord(bob, '5.00'));
      expect(await budgetsOf('user:alice')).toEqual(['default 1.00']);
      expect(await budgetsOf('user:bob')).toEqual(['default 5.00']);
      expect(await budgetsOf('user:carol')).toEqual(['default 0.00']);
    });

    it.each(KINDS)('of %s from an instant on count what was spent at it or later', async (name) => {
      const at = (scope: Scope, amount: string, time: Instant) =>
        spendRecord(scope, amount, { time });
      for (const scope of [USER, TEAM]) {
        await record(
          at(scope, '1000.00', FROM - 1n),
          at(scope, '1.00', FROM),
          at(scope, '20.00', FROM + 1n),
          spendRecord(scope, undefined, { time: FROM + 1n }),
        );
      }
      const window = { type: 'total', from: formatInstant(FROM) };
      await record(
        budgetRecord('all-time', 1, { account: name }),
        budgetRecord('from', 1, { account: name, window }),
        budgetRecord('to-come', 1, {
          account: name,
          window: { ...window, from: '2100-01-01T00:00:00Z' },
        }),
      );
      const twice = name === 'key:k';
      expect(await budgetsOf(name)).toEqual([
        `all-time ${twice ? '2042.00' : '1021.00'}`,
        `from ${twice ? '42.00' : '21.00'}`,
        'to-come 0.00',
      ]);
    });

    it('that are not on record can be asked about', async () => {
      const times = [FROM, FROM - 1n];
      await record(...times.map((time) => spendRecord(USER, '1.00', { time })));
      const settings = { account: 'user:alice', limit: '10.00' };
      const window = { type: 'total', from: formatInstant(FROM) };
      const asked = parseBudget('asked', { ...settings, window });
      if (!asked.ok) throw new Error('not a budget');
      const account = accountOf('user:alice');
      const state = await readStateOf(db.database, asked.value, account, TEST_PARTITIONS);
      expect(formatMoney(state.spentPico)).toBe('1.00');
      expect(await budgetsOf('user:alice')).toEqual([]);
    });
  });
});

function accountOf(name: string): Account {
  const account = parseAccount(name, 'account');
  if (!account.ok) throw new Error(`not an account: ${name}`);
  return account.value;
}

import { sql } from 'kysely';
import { instantOf, type Scope } from '#libs/ledger';
import { Database } from '#libs/postgres';
import {
  budgetRecord,
  createTestDatabase,
  spendRecord,
  spoilRecord,
  type TestDatabase,
} from '#libs/testing';
import { Projecting } from './projecting.fixture';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const user = (userId: string, keyId?: string): Scope => ({
  type: 'user',
  userId,
  ...(keyId !== undefined && { keyId }),
});
const WARN = { account: 'user:alice', limit: '100', warnAt: ['0.8', '1'] };
const NOON = '2026-04-27T12:00:00Z';
const BOTH = ['alice user:alice 0.8 @1', 'alice user:alice 1 @1'];
const spend = (amount: string, scope: Scope = ALICE) => spendRecord(scope, amount);
const set = (revision: number, settings: object | null, budgetId = 'alice') =>
  budgetRecord(budgetId, revision, settings);

describe('keeping warnings', () => {
  let db: TestDatabase;
  let first: Projecting;

  beforeEach(async () => {
    db = await createTestDatabase();
    first = await Projecting.all(db.database);
    await first.test();
  });
  afterEach(() => db.drop());

  const kept = () => warningsIn(db.database);

  it('keeps nothing below the first share, and a share when it is reached', async () => {
    await first.apply([set(1, WARN), spend('79.999999999999')]);
    await first.test();
    expect(await kept()).toEqual([]);
    await first.apply([spend('0.000000000001')]);
    await first.test();
    expect(await kept()).toEqual(['alice user:alice 0.8 @1']);
    const row = await db.database.kysely
      .selectFrom('warning')
      .selectAll()
      .executeTakeFirstOrThrow();
    expect(row).toMatchObject({ limit_amount: '100.00', spent: '80.00', window_end: null });
    expect(row.position).toMatch(/^\d+:1,\d+:2$/);
  });

  it('keeps each share once when both are passed at once, however many projectors test', async () => {
    const second = await Projecting.all(db.database);
    const third = await Projecting.all(db.database);
    await third.apply([set(1, WARN), spend('70')]);
    await third.apply([spend('50')]);
    await Promise.all([first, second, third, first, second].map((each) => each.test()));
    expect(await kept()).toEqual(BOTH);
    await third.apply([spend('1')]);
    await (await Projecting.all(db.database)).test();
    await third.test();
    expect(await kept()).toEqual(BOTH);
    expect(first.kept + second.kept + third.kept).toBe(2);
  });

  it('starts anew with a raise, and not with another change', async () => {
    await first.apply([set(1, WARN), spend('90')]);
    await first.test();
    await first.apply([set(2, { ...WARN, enforce: false, outage: 'open' })]);
    await first.test();
    expect(await kept()).toEqual(BOTH.slice(0, 1));
    await first.apply([set(3, { ...WARN, warnAt: ['0.8', '0.85', '1'] })]);
    await first.test();
    const before = ['alice user:alice 0.8 @1', 'alice user:alice 0.85 @1'];
    expect(await kept()).toEqual(before);
    await first.apply([set(4, { ...WARN, limit: '110' })]);
    await first.test();
    expect(await kept()).toEqual([...before, 'alice user:alice 0.8 @4']);
  });

  it('warns at once where a setting comes after the spend, or a lower limit', async () => {
    await first.apply([spend('90')]);
    await first.test();
    await first.apply([set(1, { ...WARN, limit: '1000' })]);
    await first.test();
    expect(await kept()).toEqual([]);
    await first.apply([set(2, WARN)]);
    await first.test();
    expect(await kept()).toEqual(['alice user:alice 0.8 @2']);
  });

  it('warns of shadow budgets, and never without a limit or a share', async () => {
    await first.apply([set(1, { ...WARN, enforce: false }, 'shadow')]);
    await first.apply([set(1, { ...WARN, limit: null }, 'none'), set(1, { ...WARN, warnAt: [] })]);
    await first.apply([spend('500')]);
    await first.test();
    expect(await kept()).toEqual(['shadow user:alice 0.8 @1', 'shadow user:alice 1 @1']);
  });

  it('warns of each account that a default covers, and not of those with a budget of their own', async () => {
    const members = { ...WARN, account: 'member:ml/*', warnAt: ['0.5'] };
    await first.apply([
      set(1, { ...WARN, account: 'user:*', warnAt: ['0.5'] }, 'users'),
      set(1, members, 'members'),
      set(1, { account: 'user:own', limit: null }, 'own'),
    ]);
    const member = (userId: string): Scope => ({ type: 'team', teamId: 'ml', userId });
    const scopes = [user('alice'), user('bob'), user('own'), member('alice'), member('a/b')];
    await first.apply(scopes.map((scope) => spend('60', scope)));
    await first.apply([spend('60', { type: 'team', teamId: 'other', userId: 'alice' })]);
    await first.test();
    const covered = [
      'members member:ml/a%2Fb 0.5 @1',
      'members member:ml/alice 0.5 @1',
      'users user:alice 0.5 @1',
      'users user:bob 0.5 @1',
    ];
    expect(await kept()).toEqual(covered);
    await first.apply([set(2, null, 'own')]);
    await first.test();
    expect(await kept()).toEqual([...covered, 'users user:own 0.5 @1']);
  });

  it('warns of a default that is set after the spend', async () => {
    const users = Array.from({ length: 7 }, (_, n) => `u${n}`);
    await first.apply(users.map((userId) => spend('60', user(userId))));
    await first.test();
    await first.apply([set(1, { ...WARN, account: 'user:*', warnAt: ['0.5'] }, 'users')]);
    await first.test();
    expect(await kept()).toEqual(users.map((userId) => `users user:${userId} 0.5 @1`));
  });

  it('adds up what a key has spent in several partitions', async () => {
    const [one, ...others] = ['a', 'b', 'c', 'd'].map((userId) => spend('25', user(userId, 'k')));
    expect(new Set([one, ...others].map((record) => record!.partition)).size).toBeGreaterThan(1);
    const second = await Projecting.all(db.database);
    await second.apply([set(1, { ...WARN, account: 'key:k' }, 'key'), one!]);
    await second.test();
    expect(await kept()).toEqual([]);
    await second.apply(others);
    await second.test();
    expect(await kept()).toEqual(['key key:k 0.8 @1', 'key key:k 1 @1']);
  });

  it('is made good by the next projector of the partition, after a crash before the test', async () => {
    await first.apply([set(1, WARN), spend('90'), spend('60', user('bob', 'k'))]);
    await first.apply([set(1, { ...WARN, account: 'key:*', warnAt: ['0.5'] }, 'keys')]);
    const [{ partition }] = [spend('1')];
    await (await Projecting.of(db.database, [partition])).test();
    expect(await kept()).toEqual(['alice user:alice 0.8 @1']);
    const { partition: ofDefault } = set(1, null, 'keys');
    await (await Projecting.of(db.database, [ofDefault])).test();
    expect(await kept()).toContain('keys key:k 0.5 @1');
  });

  it('tests everything of its partitions where more is touched than it holds', async () => {
    const narrow = await Projecting.all(db.database, 2);
    await narrow.test();
    const users = Array.from({ length: 7 }, (_, n) => `u${n}`);
    await narrow.apply([set(1, { ...WARN, account: 'user:*', warnAt: ['0.5'] }, 'users')]);
    await narrow.apply(users.map((userId) => spend('60', user(userId))));
    await narrow.test();
    expect(await kept()).toHaveLength(7);
  });

  it('tests again what a failure has left untested', async () => {
    await first.apply([set(1, WARN)]);
    await first.test();
    await first.apply([spend('90')]);
    await sql`alter table warning rename to mislaid`.execute(db.database.kysely);
    await expect(first.test()).rejects.toThrow('warning');
    await sql`alter table mislaid rename to warning`.execute(db.database.kysely);
    await first.test();
    expect(await kept()).toEqual(BOTH.slice(0, 1));
  });

  it('projects while a test stands still', async () => {
    await first.apply([set(1, WARN), spend('90')]);
    const { testing } = await db.database.kysely.transaction().execute(async (trx) => {
      await sql`lock table warning in access exclusive mode`.execute(trx);
      const held = first.test();
      await first.apply([spend('20')]);
      return { testing: held };
    });
    await testing;
    await first.test();
    expect(await kept()).toEqual(BOTH);
  });

  describe('at a time of its own', () => {
    const opened: Database[] = [];
    afterEach(async () => {
      for (const database of opened.splice(0)) await database.close();
    });

    it('starts anew in each window', async () => {
      const day = { type: 'calendar', unit: 'day', zone: 'Europe/Berlin' };
      const on = (time: string) => spendRecord(ALICE, '90', { time: instantOf(time) });
      const today = await Projecting.all(at(NOON));
      await today.apply([set(1, { ...WARN, window: day }), on(NOON), on('2026-04-28T12:00:00Z')]);
      await today.test();
      const tomorrow = await Projecting.all(at('2026-04-28T12:00:00Z'));
      await tomorrow.test();
      await tomorrow.test();
      const rows = await db.database.kysely.selectFrom('warning').selectAll().execute();
      expect(rows.map((row) => [row.window_start, row.window_end, row.share]).sort()).toEqual([
        ['2026-04-26T22:00:00Z', '2026-04-27T22:00:00Z', '0.8'],
        ['2026-04-27T22:00:00Z', '2026-04-28T22:00:00Z', '0.8'],
      ]);
    });

    it('warns at once when a raise ends by itself', async () => {
      const validUntil = '2026-04-27T13:00:00Z';
      const raised = await Projecting.all(at(NOON));
      await raised.apply([set(1, WARN), set(2, { ...WARN, limit: '1000', validUntil })]);
      await raised.apply([spend('90')]);
      await raised.test();
      expect(await kept()).toEqual([]);
      await spoilRecord(raised.database, (trx) =>
        sql`update budget_revision set valid_until = ledger_now() where revision = 2`.execute(trx),
      );
      await raised.test();
      expect(await kept()).toEqual(['alice user:alice 0.8 @1']);
    });

    function at(time: string): Database {
      const clockOffsetMs = Date.parse(time) - Date.now();
      const database = new Database({ ...db.options, clockOffsetMs });
      opened.push(database);
      return database;
    }
  });
});

async function warningsIn({ kysely }: Database): Promise<string[]> {
  const rows = await kysely
    .selectFrom('warning')
    .selectAll()
    .orderBy('limit_revision')
    .orderBy('account')
    .orderBy('share')
    .execute();
  return rows.map((row) => `${row.budget_id} ${row.account} ${row.share} @${row.limit_revision}`);
}

import { sql } from 'kysely';
import {
  formatMoney,
  instantOf,
  parseAccount,
  type Account,
  type Scope,
  type Window,
} from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { explainAccount } from './explain-account';

const PERSONAL: Scope = { type: 'user', userId: 'alice', keyId: 'hers' };
const AT_ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k-ml' };
const APRIL: Window = {
  start: instantOf('2026-04-01T00:00:00Z'),
  end: instantOf('2026-05-01T00:00:00Z'),
};
const ALL: Window = { start: null, end: null };

describe('explaining what accounts of many scopes have spent', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  it('says of a person what her teams and her keys spent through nobody, each call once', async () => {
    await record(
      spendRecord(PERSONAL, '11.00'),
      spendRecord(AT_ML, '400.00'),
      spendRecord({ type: 'team', teamId: 'ml', keyId: 'k-ml' }, '5.00'),
      spendRecord({ type: 'team', teamId: 'ops', keyId: 'k-ml' }, '6.00'),
      spendRecord({ type: 'team', teamId: 'ops', userId: 'bob', keyId: 'k-ml' }, '1000.00'),
      spendRecord({ type: 'key', keyId: 'hers' }, '7.00'),
    );
    expect(await notCounted('person:alice')).toEqual([
      ['key:hers', '7.00', 1, 'of the key alone, and names no user'],
      ['key:k-ml', '6.00', 1, 'paid by team ops, and names no user'],
      ['team:ml', '5.00', 1, 'names no user'],
    ]);
    const { windows } = await explain('person:alice', ALL);
    expect(await sums('person:alice', ALL)).toEqual(['411.00', '411.00']);
    expect(windows[0]!.entries.map(({ scope }) => scope.type).sort()).toEqual(['team', 'user']);
  });

  it('says of a label what the teams that spent the most with it spent without', async () => {
    const acme = { labels: new Map([['org', 'acme']]) };
    const ops: Scope = { type: 'team', teamId: 'ops' };
    const few: Scope = { type: 'team', teamId: 'few' };
    await record(
      spendRecord(AT_ML, '3.00', acme),
      spendRecord(ops, '2.00', acme),
      spendRecord(few, '1.00', acme),
      spendRecord(PERSONAL, '4.00', acme),
      spendRecord(AT_ML, '30.00'),
      spendRecord(ops, '20.00', { labels: new Map([['org', 'beta']]) }),
      spendRecord(few, '10.00', { labels: new Map([['project', 'acme']]) }),
      spendRecord(PERSONAL, '40.00'),
      spendRecord({ type: 'team', teamId: 'other' }, '50.00'),
    );
    const all = [
      ['team:ml', '30.00', 1, 'without the label org'],
      ['team:ops', '20.00', 1, 'with another value of the label org'],
      ['team:few', '10.00', 1, 'without the label org'],
    ];
    expect(await notCounted('label:org/acme')).toEqual(all);
    expect(await notCounted('label:org/acme', ALL, 2)).toEqual(all.slice(0, 2));
    expect(await sums('label:org/acme', APRIL)).toEqual(['10.00', '10.00']);
  });

  it('says of the ledger that nothing is elsewhere', async () => {
    await record(spendRecord(AT_ML, '3.00'), spendRecord({ type: 'key', keyId: 'k' }, '1.00'));
    expect(await notCounted('ledger')).toEqual([]);
    expect(await sums('ledger', ALL)).toEqual(['4.00', '4.00']);
  });

  it('tells apart the entries and the sums that are kept, where they differ', async () => {
    await record(spendRecord(PERSONAL, '1.00'), spendRecord(AT_ML, '1.00'));
    await sql`update user_balance set spent = spent + 0.000000000001`.execute(db.database.kysely);
    await sql`update pool_bucket set spent = 3 where account = 'ledger'`.execute(
      db.database.kysely,
    );
    expect(await sums('person:alice', ALL)).toEqual(['2.00', '2.000000000001']);
    expect(await sums('person:alice', APRIL)).toEqual(['2.00', '2.00']);
    expect(await sums('ledger', ALL)).toEqual(['2.00', '2.00']);
    const [entries, kept] = await sums('ledger', APRIL);
    expect(entries).toBe('2.00');
    expect(kept).not.toBe('2.00');
  });

  const record = async (...records: readonly NewRecord[]) => {
    const log = openTestLog(db.database);
    await log.append(records);
    await log.close();
    await projectLog(db.database);
  };
  const explain = (account: string, asked: Window, most = 100) =>
    explainAccount(db.database, of(account), [{ window: asked, budgetIds: [] }], {
      partitions: TEST_PARTITIONS,
      most,
    });
  /** Of the entries, and as they are kept. */
  const sums = async (account: string, asked: Window) => {
    const { windows } = await explain(account, asked);
    return [formatMoney(windows[0]!.spentPico), formatMoney(windows[0]!.balancePico)];
  };
  const notCounted = async (account: string, asked = ALL, most = 100) =>
    (await explain(account, asked, most)).notCounted.map((other) => [
      other.account,
      formatMoney(other.spentPico),
      other.calls,
      other.reason,
    ]);
});

function of(text: string): Account {
  const account = parseAccount(text, 'account');
  if (!account.ok) throw new Error(text);
  return account.value;
}

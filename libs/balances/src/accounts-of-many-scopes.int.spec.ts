import {
  accountsOf,
  formatAccount,
  formatMoney,
  instantOf,
  parseAccount,
  type Account,
  type Scope,
} from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { balanceOf, printBalance } from './balance';
import { pageEvents, type EventsRequest } from './entries/page-events';
import { pageSpend, type SpendRequest } from './entries/page-spend';
import { readSnapshot } from './read-snapshot';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const BOB: Scope = { type: 'user', userId: 'bob' };
const AT_ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const LIMITS = {
  mostEntries: 1000,
  mostWindows: 1000,
  inTurns: <T>(items: Iterable<T>, work: (item: T) => void) => {
    for (const item of items) work(item);
    return Promise.resolve();
  },
};

describe('what persons, labels and the ledger spent', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  it('is of a person her own money and that of each team, and leaves the user what she spends alone', async () => {
    await record(spendRecord(AT_ML, '400.00'), spendRecord(ALICE, '11.00'));
    expect(
      await spent('user:alice', 'member:ml/alice', 'person:alice', 'ledger', 'person:bob'),
    ).toEqual(['11.00', '400.00', '411.00', '411.00', '0.00']);
  });

  it('is of a person of many teams the sum over all of them', async () => {
    const teams = Array.from({ length: 20 }, (_, n) =>
      spendRecord({ type: 'team', teamId: `t-${n}`, userId: 'alice' }, '1.00'),
    );
    const others = spendRecord({ type: 'team', teamId: 't-1', userId: 'bob' }, '7.00');
    await record(...teams, others, spendRecord(ALICE, '1.00'));
    expect(await spent('person:alice', 'ledger')).toEqual(['21.00', '28.00']);
    expect(await ids({ account: of('person:alice') })).toHaveLength(21);
    expect(await sums({ groupBy: ['user'], account: of('person:alice') })).toEqual([
      { user: 'alice', spent: '21.00', calls: 21, unpriced: 0, corrections: 0 },
    ]);
  });

  it('is of no person what names no user', async () => {
    await record(spendRecord({ type: 'team', teamId: 'ml', keyId: 'k' }, '5.00'));
    expect(await spent('team:ml', 'key:k', 'ledger', 'person:k')).toEqual([
      ...['5.00', '5.00', '5.00', '0.00'],
    ]);
  });

  it('is of a label all that carry it, in every scope, and adds up by its values', async () => {
    await record(
      spendRecord(AT_ML, '3.00', { labels: labels({ org: 'acme', project: 'search' }) }),
      spendRecord(BOB, '4.00', { labels: labels({ org: 'acme' }), time: MAY }),
    );
    expect(await spent('label:org/acme', 'label:project/search', 'label:org/beta')).toEqual([
      ...['7.00', '3.00', '0.00'],
    ]);
    const figures = { calls: 1, unpriced: 0, corrections: 0 };
    expect(await sums({ groupBy: ['label:project'] })).toEqual([
      { 'label:project': 'search', spent: '3.00', ...figures },
      { 'label:project': null, spent: '4.00', ...figures },
    ]);
    const acme = { 'label:org': 'acme', ...figures };
    expect(await sums({ groupBy: ['label:project', 'month', 'label:org'] })).toEqual([
      { 'label:project': 'search', month: '2026-04', spent: '3.00', ...acme },
      { 'label:project': null, month: '2026-05', spent: '4.00', ...acme },
    ]);
    const may = { account: of('label:org/acme'), from: MAY };
    expect(await sums({ groupBy: ['account'], ...may })).toEqual([
      { account: 'user:bob', spent: '4.00', ...figures },
    ]);
  });

  it('is found by names with any characters, and by no other case', async () => {
    for (const [n, project] of ['a/b c%', '*', 'x', 'X', '__proto__'].entries()) {
      const id = `of ${project}`;
      await record(spendRecord(BOB, `${n + 1}.00`, { id, labels: labels({ project }) }));
    }
    const accounts = [
      ...['label:project/a%2Fb c%25', 'label:project/%2A', 'label:project/x', 'label:project/X'],
      'label:project/__proto__',
    ];
    expect(await spent(...accounts)).toEqual(['1.00', '2.00', '3.00', '4.00', '5.00']);
    for (const [n, id] of ['of a/b c%', 'of *', 'of x', 'of X', 'of __proto__'].entries()) {
      const account = of(accounts[n]!);
      expect(await ids({ account })).toEqual([id]);
      const [sum] = await sums({ groupBy: ['label:project'], account });
      expect(sum).toMatchObject({ 'label:project': id.slice('of '.length), calls: 1 });
    }
    const people = ['a/b', '50%', '*'];
    await record(
      ...people.map((userId) => spendRecord({ type: 'team', teamId: 'ml', userId }, '1.00')),
    );
    expect(await spent('person:a%2Fb', 'person:50%25', 'person:%2A')).toEqual([
      ...['1.00', '1.00', '1.00'],
    ]);
  });

  it('follows a correction into all of them, and is known when the cost is', async () => {
    const said = labels({ org: 'acme', project: 'search' });
    const wrong = spendRecord(AT_ML, '3.00', { labels: said });
    const unknown = spendRecord(AT_ML, undefined, { labels: said });
    await record(wrong, unknown);
    const all = accountsOf(AT_ML, said);
    const figures = async () =>
      Promise.all(
        all.map(async (account) => {
          const { spentAllTime, unpriced } = await balance(account);
          return `${spentAllTime} ${unpriced}`;
        }),
      );
    const each = (text: string) => all.map(() => text);
    expect(await figures()).toEqual(each('3.00 1'));
    await record(adjustmentRecord(wrong, '5.00'));
    expect(await figures()).toEqual(each('5.00 1'));
    await record(adjustmentRecord(wrong, 'reverse'), adjustmentRecord(unknown, '0.50'));
    expect(await figures()).toEqual(each('0.50 0'));
    for (const account of all) {
      const [sum] = await sums({ groupBy: ['team'], account });
      expect(sum).toEqual({ team: 'ml', spent: '0.50', calls: 2, unpriced: 0, corrections: 3 });
    }
  });

  it('lists events of them all in pages, each event once', async () => {
    const said = labels({ org: 'acme' });
    const scopes = [ALICE, BOB, AT_ML, { type: 'key', keyId: 'k' } as const];
    const spends = Array.from({ length: 40 }, (_, n) =>
      spendRecord(scopes[n % scopes.length]!, '1.00', {
        id: String(n),
        time: instantOf(`2026-04-${String(10 + (n % 7))}T00:00:00Z`),
        ...(n % 3 === 0 && { labels: said }),
      }),
    );
    await record(...spends);
    const expected = (isOf: (n: number) => boolean) =>
      spends
        .map((_, n) => n)
        .filter(isOf)
        .sort((a, b) => (a % 7) - (b % 7) || 0);
    for (const [name, isOf] of [
      ['label:org/acme', (n: number) => n % 3 === 0],
      ['person:alice', (n: number) => n % 4 === 0 || n % 4 === 2],
      ['ledger', () => true],
    ] as const) {
      const seen: unknown[] = [];
      for (let pageToken = ''; ;) {
        const page = await pageEvents(
          db.database,
          { account: of(name), pageSize: 3, pageToken },
          TEST_PARTITIONS,
        );
        if (!page.ok) throw new Error(name);
        seen.push(...page.value.items.map(({ id }) => Number(id)));
        pageToken = page.value.nextPageToken;
        if (pageToken === '') break;
      }
      const days = seen.map((n) => Number(n) % 7);
      expect(days).toEqual([...days].sort((a, b) => a - b));
      expect(new Set(seen)).toEqual(new Set(expected(isOf)));
      expect(seen).toHaveLength(expected(isOf).length);
    }
  });

  const record = async (...records: readonly NewRecord[]) => {
    const log = openTestLog(db.database);
    await log.append(records);
    await log.close();
    await projectLog(db.database);
  };
  const balance = async (account: Account) => {
    const accounts = new Map([[formatAccount(account), account]]);
    const snapshot = await readSnapshot(db.database, accounts, TEST_PARTITIONS);
    return printBalance(balanceOf(snapshot, account, TEST_PARTITIONS));
  };
  const spent = async (...names: readonly string[]) => {
    const accounts = new Map(names.map((name) => [name, of(name)]));
    const snapshot = await readSnapshot(db.database, accounts, TEST_PARTITIONS);
    return names.map((name) => formatMoney(snapshot.sumsOf(name).spentPico));
  };
  const ids = async (request: EventsRequest) => {
    const page = await pageEvents(db.database, request, TEST_PARTITIONS);
    if (!page.ok) throw new Error(JSON.stringify(page));
    return page.value.items.map(({ id }) => id);
  };
  const sums = async (request: Omit<SpendRequest, 'zone'>) => {
    const asked = { ...request, zone: 'UTC' };
    const page = await pageSpend(db.database, asked, TEST_PARTITIONS, LIMITS);
    if (!('ok' in page) || !page.ok) throw new Error(JSON.stringify(page));
    return page.value.items;
  };
});

const MAY = instantOf('2026-05-02T00:00:00Z');

const labels = (said: Readonly<Record<string, string>>) => new Map(Object.entries(said));

function of(name: string): Account {
  const account = parseAccount(name, 'account');
  if (!account.ok || formatAccount(account.value) !== name) throw new Error(`no account: ${name}`);
  return account.value;
}

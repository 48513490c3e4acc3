import { instantOf, parseAccount, type Scope } from '#libs/ledger';
import {
  adjustmentRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { pageSpend, type SpendPage, type SpendRequest, type SumLimits } from './page-spend';
import { parseGroupBy, type SpendGroup } from './spend-groups';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const IN_TEAM: Scope = { type: 'team', teamId: 'm/l', userId: 'alice', keyId: 'k' };
const KEY: Scope = { type: 'key', keyId: '*' };
const NIGHT = instantOf('2026-04-30T22:30:00Z');
const SUM_LIMITS: SumLimits = {
  mostEntries: 1000,
  mostWindows: 1000,
  inTurns: (items, work) => {
    for (const item of items) work(item);
    return Promise.resolve();
  },
};
const NOON = instantOf('2026-04-30T12:00:00Z');

describe('spend by groups', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    const wrong = spendRecord(IN_TEAM, '10.00', { time: NOON, model: 'gpt-5', source: 'proxy' });
    const priced = spendRecord(ALICE, undefined, { time: NIGHT, model: 'gpt-5' });
    await openTestLog(db.database).append([
      wrong,
      adjustmentRecord(wrong, '4.00', { time: NIGHT }),
      priced,
      adjustmentRecord(priced, '0.5'),
      spendRecord(ALICE, undefined, { time: NOON }),
      spendRecord(KEY, '1.25', { time: NIGHT, model: 'gpt-5' }),
    ]);
    await projectLog(db.database);
  });
  afterAll(() => db.drop());

  const page = async (groupBy: SpendGroup[], more: Partial<SpendRequest> = {}) => {
    const read = await ask({ groupBy, zone: 'UTC', ...more });
    if (!('ok' in read) || !read.ok) throw new Error(JSON.stringify(read));
    return read.value;
  };
  const ask = (request: SpendRequest, limits: Partial<SumLimits> = {}) =>
    pageSpend(db.database, request, TEST_PARTITIONS, { ...SUM_LIMITS, ...limits });
  const sum = (spent: string, calls: number, unpriced = 0, corrections = 0) => ({
    spent,
    calls,
    unpriced,
    corrections,
  });

  it.each<[SpendGroup[], Partial<SpendRequest>, SpendPage['items']]>([
    [
      ['account'],
      {},
      [
        { account: 'key:%2A', ...sum('1.25', 1) },
        { account: 'team:m%2Fl', ...sum('4.00', 1, 0, 1) },
        { account: 'user:alice', ...sum('0.50', 2, 1, 1) },
      ],
    ],
    [
      ['user', 'team'],
      {},
      [
        { user: 'alice', team: 'm/l', ...sum('4.00', 1, 0, 1) },
        { user: 'alice', team: null, ...sum('0.50', 2, 1, 1) },
        { user: null, team: null, ...sum('1.25', 1) },
      ],
    ],
    [
      ['member'],
      {},
      [
        { member: 'member:m%2Fl/alice', ...sum('4.00', 1, 0, 1) },
        { member: null, ...sum('1.75', 3, 1, 1) },
      ],
    ],
    [
      ['model', 'day'],
      { zone: 'Europe/Berlin' },
      [
        { model: 'gpt-5', day: '2026-04-30', ...sum('4.00', 1, 0, 1) },
        { model: 'gpt-5', day: '2026-05-01', ...sum('1.75', 2, 0, 1) },
        { model: null, day: '2026-04-30', ...sum('0.00', 1, 1) },
      ],
    ],
    [['month'], {}, [{ month: '2026-04', ...sum('5.75', 4, 1, 2) }]],
    [
      ['source'],
      { to: NIGHT },
      [
        { source: 'proxy', ...sum('4.00', 1, 0, 1) },
        { source: 'test-gateway', ...sum('0.00', 1, 1) },
      ],
    ],
    [
      ['key'],
      { from: NIGHT },
      [
        { key: '*', ...sum('1.25', 1) },
        { key: 'k', ...sum('0.50', 1, 0, 1) },
      ],
    ],
  ])('adds up by %j of %j', async (groupBy, more, items) => {
    expect(await page(groupBy, more)).toEqual({ items, nextPageToken: '' });
  });

  it('counts of an account what feeds it', async () => {
    const account = parseAccount('user:alice', 'account');
    if (!account.ok) throw new Error('no account');
    const { items } = await page(['user'], { account: account.value });
    expect(items).toEqual([{ user: 'alice', ...sum('0.50', 2, 1, 1) }]);
  });

  it('comes in pages', async () => {
    const whole = await page(['account', 'day']);
    const seen = [];
    for (let pageToken = ''; ;) {
      const read = await page(['account', 'day'], { pageSize: 1, pageToken });
      seen.push(...read.items);
      pageToken = read.nextPageToken;
      if (pageToken === '') break;
    }
    expect(seen).toEqual(whole.items);
    const { nextPageToken: pageToken } = await page(['account'], { pageSize: 1 });
    const other = { groupBy: ['team' as const], zone: 'UTC', pageToken };
    expect(await ask(other)).toMatchObject({
      ok: false,
      errors: [{ field: 'pageToken' }],
    });
  });

  it('is refused where it would read more than its limit', async () => {
    const entries = { groupBy: ['account' as const], zone: 'UTC' };
    expect(await ask(entries, { mostEntries: 6 })).toMatchObject({ ok: true });
    const tooMany = { tooMuch: expect.stringContaining('more than 5 entries') };
    expect(await ask(entries, { mostEntries: 5 })).toEqual(tooMany);
    const days = { groupBy: ['day' as const], zone: 'Asia/Tokyo' };
    expect(await ask(days, { mostWindows: 2 })).toMatchObject({ ok: true });
    const tooLong = { tooMuch: expect.stringContaining('more than 1 days') };
    expect(await ask(days, { mostWindows: 1 })).toEqual(tooLong);
    expect(await ask({ ...days, from: NIGHT }, { mostWindows: 1 })).toMatchObject({ ok: true });
  });

  it('takes as many labels as a spend may have, and no more', () => {
    const labels = Array.from({ length: 9 }, (_, n) => `label:l${n}`);
    expect(parseGroupBy(labels.slice(1).join(','), 'groupBy')).toMatchObject({ ok: true });
    expect(parseGroupBy(labels.join(','), 'groupBy')).toMatchObject({
      ok: false,
      errors: [{ field: 'groupBy', rule: 'max_members' }],
    });
  });

  it.each([
    undefined,
    '',
    'account,',
    'account,account',
    'tenant',
    'Account',
    '__proto__',
    'label:',
    'label:Org',
    'label:a/b',
    'label:org,label:org',
    ['day'],
  ])('refuses to group by %j', (value) => {
    expect(parseGroupBy(value, 'groupBy')).toMatchObject({
      ok: false,
      errors: [{ field: 'groupBy', rule: 'one_of' }],
    });
  });
});

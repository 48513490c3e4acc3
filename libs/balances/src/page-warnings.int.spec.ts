import { sql } from 'kysely';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { pageWarnings, type WarningPage } from './page-warnings';

const NOTHING = { account: undefined, pageSize: undefined, pageToken: undefined };

describe('a list of warnings', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    // Pairs at one instant, of three accounts in turn.
    await sql`
      insert into warning (
        budget_id, account, limit_revision, window_start, share, limit_amount, spent, position, warned_at)
      select 'b', 'user:u' || n % 3, n, '2026-04-26T22:00:00Z', 0.80, 100, 85.5, '1:2',
        timestamptz '2026-04-27T10:00:00.000001Z' + n / 2 * interval '1 second'
      from generate_series(1, 25) as n`.execute(db.database.kysely);
  });
  afterAll(() => db.drop());

  async function read(given: Partial<Parameters<typeof pageWarnings>[1]>): Promise<WarningPage> {
    const page = await pageWarnings(db.database, { ...NOTHING, ...given });
    if (!page.ok) throw new Error(JSON.stringify(page.errors));
    return page.value;
  }

  it('prints them as callers see them, the newest first', async () => {
    const { items, nextPageToken } = await read({});
    expect([items.length, nextPageToken]).toEqual([25, '']);
    const times = items.map(({ warnedAt }) => warnedAt);
    expect(times).toEqual([...times].sort().reverse());
    expect(items.at(-1)).toEqual({
      warningId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      budgetId: 'b',
      account: 'user:u1',
      share: '0.80',
      limit: '100.00',
      spent: '85.50',
      window: { start: '2026-04-26T22:00:00Z', end: null },
      warnedAt: '2026-04-27T10:00:00.000001Z',
      position: '1:2',
      delivered: { state: 'pending', at: null, attempts: 0, lastFailure: null },
    });
  });

  it.each([undefined, 'user:u2'])(
    'comes in pages without a gap or a double: of %s',
    async (account) => {
      const all = await read({ account });
      const paged: unknown[] = [];
      let pageToken = '';
      do {
        const page = await read({ account, pageSize: 4, pageToken });
        paged.push(...page.items);
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      expect(paged).toEqual(all.items);
      expect(new Set(all.items.map((item) => item.account)).size).toBe(account ? 1 : 3);
    },
  );

  it.each([
    { account: 'user:*' },
    { account: 'alice' },
    { pageToken: 'x' },
    { pageToken: Buffer.from('2026-04-27T10:00:00Z x').toString('base64url') },
    { pageToken: Buffer.from('2026-04-27T10:00:00Z').toString('base64url') },
  ])('refuses %j', async (given) => {
    const page = await pageWarnings(db.database, { ...NOTHING, ...given });
    expect(page).toMatchObject({ ok: false, errors: [{ field: Object.keys(given)[0] }] });
  });
});

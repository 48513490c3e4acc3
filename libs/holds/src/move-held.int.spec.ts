import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import { createTestDatabase, rowsRead, type TestDatabase } from '#libs/testing';
import type { HeldAccount } from './held-places';
import { lockAccounts } from './lock-accounts';
import { moveHeld } from './move-held';

const ACCOUNT: HeldAccount = { partition: 0, account: 'team:ml' };
const SECOND = 1_000_000n;
/** More where a page is split or the table grows. */
const A_FEW = 10;

describe('moving held money', () => {
  let db: TestDatabase;
  /** Of one session, whose statistics are told when it is asked. */
  let database: Database;

  beforeEach(async () => {
    db = await createTestDatabase({ autovacuum: false });
    database = new Database({ ...db.options, maxConnections: 1 });
  });
  afterEach(async () => {
    await database.close();
    await db.drop();
  });

  it('reads as many rows beside thousands of other accounts as alone, with plans that are kept', async () => {
    for (let n = 1n; n <= 20n; n++) await flush(n);
    const alone = await rowsOf(() => flush(21n));
    const others = Array.from({ length: 3000 }, (_, n) => ({ partition: 0, account: `key:${n}` }));
    await database.atomically((client) => lockAccounts(client, others));
    expect(await rowsOf(() => flush(22n))).toBe(alone);
  });

  it('costs the same after hundreds of sums that were counted out and cannot be cleared away', async () => {
    await db.database.kysely
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (reader) => {
        await sql`select from held_account`.execute(reader);
        for (let n = 1n; n <= 20n; n++) await flush(n);
        const before = await pagesOf(() => flush(21n));
        for (let n = 22n; n <= 1000n; n++) await flush(n);
        expect(await pagesOf(() => flush(1001n))).toBeLessThan(before + A_FEW);
      });
  });

  /** Takes what expires with the next flush, and counts out what the last one took. */
  async function flush(second: bigint): Promise<void> {
    await database.atomically(async (client) => {
      await lockAccounts(client, [ACCOUNT]);
      await moveHeld(client, second * SECOND, {
        taken: [{ ...ACCOUNT, byPico: 1n }],
        expiries: [{ ...ACCOUNT, byPico: 1n, expiresAt: (second + 1n) * SECOND }],
      });
    });
  }

  async function rowsOf(work: () => Promise<void>): Promise<number> {
    const before = await rowsRead(database, 'held_account');
    await work();
    return (await rowsRead(database, 'held_account')) - before;
  }

  /** How many pages of the sums and their index it looks at, whatever the plan. */
  async function pagesOf(work: () => Promise<void>): Promise<number> {
    const before = await pagesRead();
    await work();
    return (await pagesRead()) - before;
  }

  async function pagesRead(): Promise<number> {
    await sql`select pg_stat_force_next_flush()`.execute(database.kysely);
    const { rows } = await sql<{ read: number }>`
      select (heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::int as read
      from pg_statio_user_tables where relname = 'held_expiry'`.execute(database.kysely);
    return rows[0]!.read;
  }
});

import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import { createTestDatabase, rowsRead, type TestDatabase } from '#libs/testing';
import { countOutPools } from './count-out';
import { lockGates } from './lock-gates';
import { movePools } from './move-held';

const LEDGER = { account: 'ledger' };
const SECOND = 1_000_000n;

describe('moving held money of pools', () => {
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

  it('comes to the same where a flush moves sums of a second that another has counted out', async () => {
    await move(1n, 0, [5n, 3n]);
    // Another flush of the slot was later, and wrote first: the hold has expired by then.
    await move(4n, 0);
    expect(await slots()).toEqual([0]);
    // This one's moment was before the expiry: it gives the hold back that is free already.
    await move(2n, 0, [-5n, 3n]);
    expect(await slots()).toEqual([0]);
    expect(await sums()).toBe(0);
  });

  it('does not bring back what is due by its own moment', async () => {
    await move(4n, 1, [5n, 3n]);
    expect([await slots(), await sums()]).toEqual([[0], 0]);
  });

  it('never takes a slot back to a time before', async () => {
    await move(9n, 0, [5n, 12n]);
    await move(3n, 0, [1n, 7n]);
    // Its own second is counted out at once: the slot is past it.
    expect(await slots()).toEqual([5]);
    const { rows } = await sql<{ at: string }>`
      select extract(epoch from counted_to)::int as at from pool_held`.execute(database.kysely);
    expect(rows).toEqual([{ at: 9 }]);
  });

  it('counts out what is due in the slots of all processes, each once', async () => {
    for (const slot of [0, 1, 2]) await move(1n, slot, [BigInt(slot + 1), 3n]);
    await move(1n, 1, [7n, 4_000_000_000n]);
    await countOutPools(database, ['ledger', 'label:org/none']);
    await countOutPools(database, ['ledger']);
    expect(await slots()).toEqual([0, 7, 0]);
    expect(await sums()).toBe(1);
  });

  it('reads as many rows beside thousands of other pools and persons, with plans that are kept', async () => {
    for (let n = 1n; n <= 20n; n++) await flush(n);
    const tables = ['pool_held', 'pool_expiry', 'pool_gate', 'held_account', 'budget_revision'];
    const alone = await rowsOf(tables, () => flush(21n));
    await sql`
      insert into pool_held (account, slot) select 'label:customer/' || n, n % 4 from generate_series(1, 3000) n`.execute(
      database.kysely,
    );
    await sql`
      insert into pool_expiry (account, slot, expires_at, amount)
      select 'label:customer/' || n, n % 4, '2000-01-01Z', 1 from generate_series(1, 3000) n`.execute(
      database.kysely,
    );
    await sql`insert into pool_gate select 'person:' || n from generate_series(1, 3000) n`.execute(
      database.kysely,
    );
    await sql`
      insert into held_account (partition, account) select 0, 'user:' || n from generate_series(1, 3000) n`.execute(
      database.kysely,
    );
    expect(await rowsOf(tables, () => flush(22n))).toEqual(alone);
  });

  async function flush(second: bigint): Promise<void> {
    await database.atomically(async (client) => {
      await lockGates(
        client,
        new Map([
          ['ledger', { kind: 'ledger' }],
          ['person:alice', { kind: 'person', userId: 'alice' }],
        ]),
        new Set(['ledger', 'person:alice']),
      );
      await client.prepared(
        {
          name: 'read-held-of-pools',
          text: `select 1 from pool_held_at('{ledger}', $1) union all select 1 from person_held_at('{alice}', $1)`,
        },
        ['2000-01-01Z'],
      );
      await movePools(client, second * SECOND, 0, {
        taken: [{ ...LEDGER, byPico: 1n }],
        expiries: [{ ...LEDGER, byPico: 1n, expiresAt: (second + 1n) * SECOND }],
      });
    });
  }

  /** At a second, in a slot: by how much, and in which second that expires. */
  function move(
    second: bigint,
    slot: number,
    [byPico, expires]: readonly [bigint, bigint] | [] = [],
  ): Promise<void> {
    return database.atomically((client) =>
      movePools(client, second * SECOND, slot, {
        taken: [{ ...LEDGER, byPico: byPico ?? 0n }],
        expiries: byPico === undefined ? [] : [{ ...LEDGER, byPico, expiresAt: expires! * SECOND }],
      }),
    );
  }

  async function slots(): Promise<number[]> {
    const { rows } = await sql<{ pico: number }>`
      select (taken * 1000000000000)::int as pico from pool_held order by slot`.execute(
      database.kysely,
    );
    return rows.map(({ pico }) => pico);
  }

  async function sums(): Promise<number> {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pool_expiry where amount <> 0`.execute(database.kysely);
    return rows[0]!.count;
  }

  async function rowsOf(tables: readonly string[], work: () => Promise<void>): Promise<number[]> {
    const before: number[] = [];
    for (const table of tables) before.push(await rowsRead(database, table));
    await work();
    const read: number[] = [];
    for (const [n, table] of tables.entries()) {
      read.push((await rowsRead(database, table)) - before[n]!);
    }
    return read;
  }
});

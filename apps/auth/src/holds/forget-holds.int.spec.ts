import { sql } from 'kysely';
import { newHoldId } from '#libs/holds';
import { instantOfMillis } from '#libs/ledger';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { HoldRetention } from './forget-holds';

const DAY_MS = 86_400_000;
const options = {
  retentionMs: 30 * DAY_MS,
  sweepMs: 3_600_000,
  maxSweep: 10,
  onError: (error: unknown) => {
    throw error;
  },
};
const KEY = '11111111-1111-4111-8111-111111111111';

describe('holds whose time is over', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  it('are forgotten, batch after batch, and no others', async () => {
    await plant(25, 'released', 31);
    await plant(25, 'active', 31);
    await plant(3, 'released', 29);
    await plant(3, 'active', 29);
    await new HoldRetention(db.database, options).sweep();
    expect(await left()).toEqual({ active: 3, released: 3 });
  });

  it.each([30, 400, 10_000, 36_500])('are those of %i days, too', async (days) => {
    await plant(2, 'released', days + 1);
    await plant(1, 'released', days - 1);
    await new HoldRetention(db.database, { ...options, retentionMs: days * DAY_MS }).sweep();
    expect(await left()).toEqual({ released: 1 });
  });

  it('are kept until the projection has what settled them', async () => {
    await plant(1, 'settling', 31);
    const retention = new HoldRetention(db.database, options);
    await retention.sweep();
    expect(await left()).toEqual({ settling: 1 });
    await project();
    await retention.sweep();
    expect(await left()).toEqual({});
  });

  it('are kept until the event that their expiry owes is made and projected', async () => {
    await plant(2, 'active', 31);
    await sql`
      update hold set on_expiry = 'charge' where hold_id = (select max(hold_id::text)::uuid from hold)`.execute(
      db.database.kysely,
    );
    const retention = new HoldRetention(db.database, options);
    await retention.sweep();
    expect(await left()).toEqual({ active: 1 });
    await sql`
      update hold set state = 'settling', ended_at = expires_at, settled_key = ${KEY}::uuid,
        expiry_event = 'recorded'`.execute(db.database.kysely);
    await retention.sweep();
    expect(await left()).toEqual({ settling: 1 });
    await project();
    await retention.sweep();
    expect(await left()).toEqual({});
  });

  it('are found by their indexes, not by reading all', async () => {
    await plant(20_000, 'released', 1);
    await plant(20_000, 'active', 1);
    await plant(5, 'released', 31);
    await plant(5, 'active', 31);
    await sql`vacuum analyze hold`.execute(db.database.kysely);
    await db.database.kysely.transaction().execute(async (trx) => {
      await new HoldRetention({ kysely: trx }, options).sweep();
      const { rows } = await sql<{ read: bigint }>`
        select seq_tup_read + idx_tup_fetch as read
        from pg_stat_xact_user_tables where relname = 'hold'`.execute(trx);
      expect(Number(rows[0]!.read)).toBeLessThan(200);
    });
    expect(await left()).toEqual({ active: 20_000, released: 20_000 });
  });

  /** Holds that ended, or expired, so many days ago. */
  async function plant(count: number, state: string, daysAgo: number): Promise<void> {
    const ids = Array.from({ length: count }, () => newHoldId(0, instantOfMillis(0)));
    const ago = sql`date_trunc('second', ledger_now()) - ${daysAgo} * interval '1 day'`;
    const end = state === 'active' ? sql`null` : ago;
    const key = state === 'settling' ? sql`${KEY}::uuid` : sql`null`;
    await sql`
      insert into hold (partition, hold_id, scope_type, user_id, amount, state, created_at,
        expires_at, caller, ended_at, settled_key)
      select 0, id, 'user', 'alice', 1, ${state}, ${ago}, ${ago}, 'anonymous', ${end}, ${key}
      from unnest(${ids}::uuid[]) as id`.execute(db.database.kysely);
  }

  async function project(): Promise<void> {
    await sql`
      insert into spend_event (partition, log_offset, event_key, source, event_id, time, recorded_at,
        known_at, caller, content_hash, scope_type, user_id, amount, basis, extensions)
      values (0, 0, ${KEY}, 's', 'i', now(), now(), now(), 'anonymous', 'x', 'user', 'alice', 1,
        'exact', '{}')`.execute(db.database.kysely);
  }

  async function left(): Promise<Record<string, number>> {
    const { rows } = await sql<{ state: string; n: number }>`
      select state, count(*)::int as n from hold group by state`.execute(db.database.kysely);
    return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
  }
});

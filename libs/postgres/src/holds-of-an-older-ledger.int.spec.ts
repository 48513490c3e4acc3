import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { createTestDatabase, rowsRead, type TestDatabase } from '#libs/testing';
import { Database } from './database';
import { migrations } from './migrations';

describe('a ledger of before there were holds', () => {
  let db: TestDatabase;
  /** Of one session, whose statistics are told when it is asked. */
  let database: Database;

  beforeEach(async () => {
    db = await createTestDatabase({ ledger: false });
    database = new Database({ ...db.options, maxConnections: 1 });
  });
  afterEach(async () => {
    await database.close();
    await db.drop();
  });

  it('is brought up to date without its events being read: nobody gets at them meanwhile', async () => {
    await migrateTo('0008-scope-trigger');
    await sql`
      insert into spend_event (partition, log_offset, event_key, source, event_id, time, recorded_at,
        known_at, caller, content_hash, scope_type, key_id, amount, basis, hold_id, extensions)
      select 0, n, gen_random_uuid(), 'gateway', n::text, now(), now(),
        now(), 'anonymous', '', 'key', 'k', 1, 'exact', 'of-then', '{}'
      from generate_series(0, 99) n`.execute(database.kysely);
    const before = await rowsRead(database, 'spend_event');
    await migrateTo('0009-holds');
    expect(await rowsRead(database, 'spend_event')).toBe(before);
    const { rows } = await sql`
      select distinct hold_id, hold_outcome from spend_event`.execute(database.kysely);
    expect(rows).toEqual([{ hold_id: 'of-then', hold_outcome: null }]);
  });

  it('has its holds released when they expire, as they were taken', async () => {
    await migrateTo('0015-time-zone-data');
    await sql`
      insert into hold (partition, hold_id, scope_type, user_id, amount, created_at, expires_at, caller)
      values (0, gen_random_uuid(), 'user', 'alice', 1, now(), date_trunc('second', now()), 'of-then')`.execute(
      database.kysely,
    );
    await migrateTo('0017-holds-that-expire');
    const { rows } = await sql`select on_expiry, expiry_event from hold`.execute(database.kysely);
    expect(rows).toEqual([{ on_expiry: 'release', expiry_event: null }]);
    const owing = await sql`select * from owing_holds(10)`.execute(database.kysely);
    expect(owing.rows).toEqual([]);
  });

  async function migrateTo(name: string): Promise<void> {
    const migrator = new Migrator({ db: database.kysely, provider: migrations });
    expect((await migrator.migrateTo(name)).error).toBeUndefined();
  }
});

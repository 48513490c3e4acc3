import { sql } from 'kysely';
import { partitionOfScope, type Scope } from '#libs/ledger';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  logRecords,
  projectBatch,
  rowsRead,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const EARLIER = 5000;

describe('adding a batch to the balances', () => {
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

  it.each(['before', 'after'])(
    'reads its own events, however many its partition has, %s Postgres knows of those',
    async (when) => {
      const partition = partitionOfScope(ALICE, TEST_PARTITIONS);
      await sql`
        insert into spend_event (partition, log_offset, event_key, source, event_id, time, recorded_at, known_at,
          caller, content_hash, scope_type, user_id, amount, basis, extensions)
        select ${partition}::int, n, gen_random_uuid(), 's', n, now(), now(), now(),
          'c', 'h', 'user', 'u' || n % 100, 1, 'exact', '{}'
        from generate_series(0, ${EARLIER - 1}::int) n`.execute(database.kysely);
      await sql`
        update projection_partition set next_offset = ${EARLIER} where partition = ${partition}`.execute(
        database.kysely,
      );
      if (when === 'after') await sql`analyze spend_event`.execute(database.kysely);
      const before = await rowsRead(database, 'spend_event');
      const records = [spendRecord(ALICE, '1.00'), spendRecord(ALICE, '2.00')];
      expect(await projectBatch(database, logRecords(records, BigInt(EARLIER)))).toBe('applied');
      expect((await rowsRead(database, 'spend_event')) - before).toBeLessThan(100);
    },
  );
});

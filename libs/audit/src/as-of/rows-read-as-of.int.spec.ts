import { sql } from 'kysely';
import { instantOf, partitionOfScope, type Account, type Scope } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  createTestDatabase,
  logRecords,
  projectBatch,
  rowsRead,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { readBalanceAsOf, type AsOfQuestion } from './read-balance-as-of';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const ACCOUNT: Account = { kind: 'user', userId: 'alice' };
const time = instantOf('2026-04-10T12:00:00Z');
const at = instantOf('2026-04-10T13:00:00Z');
/** Before anything was known, so that each partition has come so far. */
const knownAt = instantOf('2026-04-10T12:30:00Z');

describe.each<[string, AsOfQuestion]>([
  ['at a time', { at, knownAt: undefined }],
  ['as it was known', { at, knownAt }],
])(
  'a balance %s, asked of a session that planned while the ledger was empty',
  (_what, question) => {
    let db: TestDatabase;
    let database: Database;

    beforeAll(async () => {
      db = await createTestDatabase();
      database = db.database.pipelinedPool({ maxConnections: 1, plansOnce: true });
    });
    afterAll(async () => {
      await database.close();
      await db.drop();
    });

    it('reads as many rows beside thousands of events of others as beside none', async () => {
      await sql`update projection_partition set known_at = ${'2026-04-11T00:00:00Z'}`.execute(
        db.database.kysely,
      );
      await sql`vacuum (analyze)`.execute(db.database.kysely);
      for (let n = 0; n < 6; n++) await rowsOfOneReading();
      const own = spendRecord(ALICE, '0.01', { time, recordedAt: time });
      await projectBatch(db.database, logRecords([own]));
      const beside = await rowsOfOneReading();
      const partition = partitionOfScope(ALICE, TEST_PARTITIONS);
      const others = Array.from({ length: 30_000 }, (_, n): Scope => ({
        type: 'user',
        userId: `u-${n}`,
      }))
        .filter((scope) => partitionOfScope(scope, TEST_PARTITIONS) === partition)
        .map((scope) => spendRecord(scope, '0.01', { time, recordedAt: time }));
      expect(others.length).toBeGreaterThan(1000);
      await projectBatch(db.database, logRecords(others, 1n));
      expect(await rowsOfOneReading()).toBe(beside);
    });

    async function rowsOfOneReading(): Promise<number> {
      const before = await rowsRead(database);
      const reading = await readBalanceAsOf(database, ACCOUNT, TEST_PARTITIONS, question);
      expect(reading.outcome).toBe('read');
      return (await rowsRead(database)) - before;
    }
  },
);

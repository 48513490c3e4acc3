import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  testDatabaseOptions,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { deleteOldDecisions } from './decision-rows';
import { DecisionRetention } from './expire-decisions';

const DAY_MS = 86_400_000;
const options = {
  retentionMs: 30 * DAY_MS,
  sweepMs: 3_600_000,
  maxBatch: 10,
  onError: (error: unknown) => {
    throw error;
  },
};

describe('decisions whose time is over', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  /** Rows that were decided, and decided last, so long ago. */
  const plant = (count: number, ago: string, lastAgo = ago) =>
    sql`
      insert into kept_decision (decision_id, decided_at, last_decided_at, count, document)
      select gen_random_uuid(), ledger_now() - ${ago}::interval, ledger_now() - ${lastAgo}::interval, 1, '{}'
      from generate_series(1, ${count})`.execute(db.database.kysely);
  const left = async () =>
    (await db.database.kysely.selectFrom('kept_decision').select('decision_id').execute()).length;

  it('are deleted, batch after batch, and no others', async () => {
    await plant(25, '30 days 1 minute');
    await plant(1, '30 days 1 minute', '29 days 23 hours');
    await plant(3, '29 days 23 hours');
    await new DecisionRetention(db.database, options).sweep();
    expect(await left()).toBe(4);
  });

  it.each([24, 25, 30, 400, 10_000, 36_500])('are those of %i days, too', async (days) => {
    await plant(2, `${days} days 1 minute`);
    await plant(1, `${days - 1} days 23 hours`);
    await new DecisionRetention(db.database, { ...options, retentionMs: days * DAY_MS }).sweep();
    expect(await left()).toBe(1);
  });

  it('are told by the clock of the ledger', async () => {
    await plant(3, '0 seconds');
    const later = new Database({ ...testDatabaseOptions(db.url), clockOffsetMs: 31 * DAY_MS });
    const retention = new DecisionRetention(later, options);
    retention.start();
    await waitUntil('they are gone', async () => (await left()) === 0);
    await retention.stop();
    await later.close();
  });

  it('are passed over where another process is at them', async () => {
    await plant(4, '31 days');
    await db.database.kysely.transaction().execute(async (trx) => {
      await sql`select from kept_decision order by decision_id limit 1 for update`.execute(trx);
      expect(await deleteOldDecisions(db.database, options.retentionMs, 10)).toBe(3);
    });
    expect(await deleteOldDecisions(db.database, options.retentionMs, 10)).toBe(1);
  });

  it('are found by an index, not by reading all', async () => {
    await plant(20_000, '1 day');
    await plant(50, '31 days');
    await sql`vacuum analyze kept_decision`.execute(db.database.kysely);
    await db.database.kysely.transaction().execute(async (trx) => {
      const old = { kysely: trx };
      expect(await deleteOldDecisions(old, options.retentionMs, 10)).toBe(10);
      const { rows } = await sql<{ read: bigint }>`
        select seq_tup_read + idx_tup_fetch as read
        from pg_stat_xact_user_tables where relname = 'kept_decision'`.execute(trx);
      expect(Number(rows[0]!.read)).toBeLessThan(200);
    });
  });
});

import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import { PostgresSpendLog, type NewRecord, type SpendLog } from '#libs/spend-log';
import { createTestDatabase, untilSessionsWait, type TestDatabase } from '#libs/testing';
import type { HeldAppend, Lease, LogUnderTest } from './log-under-test';
import { spendLogContract } from './spend-log.contract';

spendLogContract('Postgres', makePostgresLog, { hold: true, lose: true });

const LEASE_MS: Readonly<Record<Lease, number>> = { short: 1000, long: 600_000 };
/** A reader of a long lease renews it this often in the time of the test, for its clock runs faster. */
const RENEW_MS = 50;
/** Small, so that a few records make several batches. */
const BATCH = 3;

async function makePostgresLog(): Promise<LogUnderTest> {
  const db = await createTestDatabase();
  const opened = new Map<SpendLog, Database>();
  let count = 0;
  const end = async (log: SpendLog) => {
    await log.close().catch(() => undefined);
    await opened.get(log)!.close();
    opened.delete(log);
  };
  return {
    open: (lease) => {
      const database = new Database({ ...db.options, maxConnections: 5 });
      const log = openLog(database, lease, `reader-${(count += 1)}`);
      opened.set(log, database);
      return Promise.resolve(log);
    },
    kill: async (log) => {
      // Without its connections it can neither read on nor give anything up.
      await opened.get(log)!.close();
      await log.close().catch(() => undefined);
      opened.delete(log);
    },
    // Its loop waits for the reader that sleeps, and renews no lease meanwhile.
    freeze: () => undefined,
    thaw: () => undefined,
    hold: (record) => hold(db, record),
    lose: (partition, offset) => lose(db, partition, offset),
    remove: async () => {
      for (const log of opened.keys()) await end(log);
      await db.drop();
    },
  };
}

function openLog(database: Database, lease: Lease, reader: string): SpendLog {
  const leaseMs = LEASE_MS[lease];
  const haste = lease === 'long' ? leaseMs / 4 / RENEW_MS : 1;
  return new PostgresSpendLog(
    database,
    {
      reader,
      limits: { records: BATCH, bytes: 1024 * 1024 },
      leaseMs,
      pollMs: 5,
      retryMs: 5,
      onError: () => undefined,
    },
    () => performance.now() * haste,
  );
}

/** An append that has its offset and not yet its commit. */
async function hold({ database }: TestDatabase, record: NewRecord): Promise<HeldAppend> {
  const trx = await database.kysely.startTransaction().execute();
  const { end_offset } = await trx
    .updateTable('log_partition')
    .set((column) => ({ end_offset: column('end_offset', '+', 1n) }))
    .where('partition', '=', record.partition)
    .returning('end_offset')
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('log_record')
    .values({ ...record, log_offset: end_offset - 1n })
    .execute();
  return {
    isWaitedFor: () => untilSessionsWait(database, 1),
    commit: async () => {
      await trx.commit().execute();
    },
  };
}

async function lose({ database }: TestDatabase, partition: number, offset: bigint): Promise<void> {
  await database.kysely.transaction().execute(async (trx) => {
    await sql`alter table log_record disable trigger insert_only`.execute(trx);
    await trx
      .deleteFrom('log_record')
      .where('partition', '=', partition)
      .where('log_offset', '=', offset)
      .execute();
    await sql`alter table log_record enable trigger insert_only`.execute(trx);
  });
}

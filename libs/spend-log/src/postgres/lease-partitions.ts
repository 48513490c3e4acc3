import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { sharePartitions } from './share-partitions';

/**
 * Leases partitions by the database's clock: renews what this reader holds, gives up what is over its share, takes what
 * is free. One transaction that locks the lease rows in order, so that readers decide one after the other.
 *
 * A lease only shares the work out. What keeps two readers from applying the same records is the fence of the
 * projection, which a reader that overslept its lease does not pass.
 */
export async function leasePartitions(
  database: Database,
  reader: string,
  leaseMs: number,
): Promise<readonly number[]> {
  return database.kysely.transaction().execute(async (trx) => {
    const until = sql<string>`ledger_now() + ${leaseMs} * interval '1 millisecond'`;
    // The locks come first: a reader that waited for them must see who else is alive now.
    await sql`select partition from log_lease order by partition for update`.execute(trx);
    await trx
      .insertInto('log_reader')
      .values({ reader, seen_until: until })
      .onConflict((conflict) => conflict.column('reader').doUpdateSet({ seen_until: until }))
      .execute();
    await sql`delete from log_reader where seen_until < ledger_now()`.execute(trx);
    const readers = await trx.selectFrom('log_reader').select('reader').execute();
    const { rows: leases } = await sql<{ partition: number; owner: string | null }>`
      select partition, case when lease_until >= ledger_now() then owner end as owner
      from log_lease order by partition`.execute(trx);
    const share = sharePartitions(
      leases,
      readers.map((row) => row.reader),
      reader,
    );
    await sql`
      update log_lease
      set owner = case when partition = any(${share}) then ${reader} end, lease_until = ${until}
      where partition = any(${share}) or owner = ${reader}`.execute(trx);
    return share;
  });
}

/** Gives everything up at once, so that others need not wait for the lease to run out. */
export async function releasePartitions(database: Database, reader: string): Promise<void> {
  await database.kysely.transaction().execute(async (trx) => {
    await sql`select partition from log_lease order by partition for update`.execute(trx);
    await sql`update log_lease set owner = null where owner = ${reader}`.execute(trx);
    await trx.deleteFrom('log_reader').where('reader', '=', reader).execute();
  });
}

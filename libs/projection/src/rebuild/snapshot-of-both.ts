import { sql, type ControlledTransaction } from 'kysely';
import type { Database, Tables } from '#libs/postgres';
import { LIVE_SCHEMA, REBUILD_SCHEMA, tablesOf } from './rebuilt-tables';

/**
 * One snapshot of the live tables and the rebuilt ones, in which they stay what they are however long they are looked
 * at. The caller ends it.
 */
export async function snapshotOfBoth({
  kysely,
}: Pick<Database, 'kysely'>): Promise<ControlledTransaction<Tables>> {
  const trx = await kysely
    .startTransaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute();
  // Before the snapshot, which a swap in between would else leave with the wrong tables.
  await sql`lock table ${tablesOf(LIVE_SCHEMA, REBUILD_SCHEMA)} in access share mode`.execute(trx);
  await sql`select from public.ledger`.execute(trx);
  return trx;
}

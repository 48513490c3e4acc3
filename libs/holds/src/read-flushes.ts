import type { Prepared, PreparedStatement } from '#libs/postgres';

/**
 * What locks rows of `held_account` has the table's lock, too, from before it reads any limit until it ends. Readers of the
 * table have another one.
 */
const READ: PreparedStatement = {
  name: 'read-flushes',
  text: `
    select distinct virtualtransaction from pg_locks
    where locktype = 'relation' and relation = 'held_account'::regclass
      and database = (select oid from pg_database where datname = current_database())
      and mode in ('RowShareLock', 'RowExclusiveLock') and granted`,
};

/**
 * The transactions that lock held money at this moment, of any process and version: every flush that may have read its
 * limits. It costs a flush nothing. Long reads are not among them, nor is what goes on in other databases.
 */
export async function readFlushes(client: Prepared): Promise<ReadonlySet<string>> {
  const rows = await client.prepared<readonly [string]>(READ, []);
  return new Set(rows.map(([transaction]) => transaction));
}

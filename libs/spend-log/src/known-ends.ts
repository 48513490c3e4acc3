import type { Position } from '#libs/ledger';
import type { Database, PreparedStatement } from '#libs/postgres';

/**
 * Up to where the database is known to have the claims of the log's records: those are committed before their records
 * are appended, so whatever it has that was written once a record was seen on the log vouches for all before it.
 */
export async function readKnownEnds({ kysely }: Pick<Database, 'kysely'>): Promise<Position> {
  const rows = await kysely
    .selectFrom('projection_partition')
    .innerJoin('log_partition', 'log_partition.partition', 'projection_partition.partition')
    .select(['projection_partition.partition', 'next_offset as read', 'end_offset as written'])
    .execute();
  return new Map(
    rows.map(({ partition, read, written }) => [partition, written > read ? written : read]),
  );
}

/** In the order of the key, as every writer of several rows. */
const RAISE: PreparedStatement = {
  name: 'raise-known-ends',
  text: `
    insert into log_partition as known (partition, end_offset)
    select * from unnest($1::int[], $2::bigint[]) as given (partition, end_offset)
    order by partition
    on conflict (partition) do update set end_offset = excluded.end_offset
    where known.end_offset < excluded.end_offset`,
};

/** Notes in the database up to where it has the claims of the records of a log that is elsewhere. */
export async function raiseKnownEnds(database: Database, ends: Position): Promise<void> {
  if (ends.size === 0) return;
  await database.prepared(RAISE, [[...ends.keys()], [...ends.values()]]);
}

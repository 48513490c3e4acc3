import type { Database, PreparedStatement } from '#libs/postgres';
import type { NewRecord } from '../spend-log';

/**
 * Offsets come from a row of their partition, taken inside the append's transaction: the row stays locked until the
 * commit, so no reader can see offset 2 while 1 is still to come, as happens with a sequence. The rows are locked in
 * the order of partitions, so appends do not deadlock.
 */
const APPEND: PreparedStatement = {
  name: 'log-append',
  text: `
    with given as (
      select ordinal, partition, headers, value,
             row_number() over (partition by partition order by ordinal) as nth
      from unnest($1::int[], $2::jsonb[], $3::bytea[]) with ordinality
        as record (partition, headers, value, ordinal)
    ), taken as (
      insert into log_partition as p (partition, end_offset)
      select partition, count(*) from given group by partition order by partition
      on conflict (partition) do update set end_offset = p.end_offset + excluded.end_offset
      returning partition, end_offset
    ), first as (
      select taken.partition, taken.end_offset - max(given.nth) as log_offset
      from taken join given using (partition) group by taken.partition, taken.end_offset
    ), written as (
      insert into log_record (partition, log_offset, headers, value)
      select given.partition, first.log_offset + given.nth - 1, given.headers, given.value
      from given join first using (partition)
    )
    select first.log_offset + given.nth - 1
    from given join first using (partition) order by given.ordinal`,
};

export async function appendRecords(
  database: Database,
  records: readonly NewRecord[],
): Promise<readonly bigint[]> {
  const rows = await database.prepared<readonly [bigint]>(APPEND, [
    records.map((record) => record.partition),
    records.map((record) => JSON.stringify(record.headers)),
    records.map((record) => record.value),
  ]);
  return rows.map(([offset]) => offset);
}

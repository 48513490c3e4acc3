import type { Prepared, PreparedStatement } from '#libs/postgres';
import { ACCOUNT_TABLES, ADDED, type AccountTables, type Offsets } from './account-tables';

const ADD = ACCOUNT_TABLES.map(addStatement);

/** Adds the entries of a batch to their accounts' sums by the quarter of an hour and by the day. */
export async function writeBuckets(
  client: Prepared,
  { partition, from, to }: Offsets,
): Promise<void> {
  for (const add of ADD) await client.prepared(add, [partition, from, to]);
}

function addStatement({ kind, ids, fedBy, scoped }: AccountTables): PreparedStatement {
  const account = ids.join(', ');
  const columns = scoped ? `${account}, scope_type` : account;
  return {
    name: `add-to-${kind}-buckets`,
    text: `
      with ${ADDED}, placed as (
        select ${columns}, amount, date_bin('15 min', time, '2000-01-01Z') as quarter,
               date_bin('1 day', time, '2000-01-01Z') as day
        from added
        where ${fedBy} and amount <> 0
      )
      insert into ${kind}_bucket as bucket (partition, ${columns}, grain, starts, spent)
      select $1, ${columns}, case grouping(day) when 0 then 'day' else 'quarter' end as grain,
             coalesce(day, quarter) as starts, sum(amount)
      from placed
      group by ${columns}, grouping sets (quarter, day)
      order by ${account}, grain, starts
      on conflict (partition, ${account}, grain, starts) do update set
        spent = bucket.spent + excluded.spent`,
  };
}

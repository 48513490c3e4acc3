import type { Prepared, PreparedStatement } from '#libs/postgres';
import { ACCOUNT_TABLES, type AccountTables } from '../account-tables';
import { bucketColumns, bucketSums } from '../bucket-sums';

/** Batches of the partition wait, and see what stands here when they go on. */
const LOCK: PreparedStatement = {
  name: 'lock-to-sum',
  text: 'select partition from rebuild.projection_partition where partition = $1 for update',
};
const BEGIN: PreparedStatement = {
  name: 'begin-to-sum',
  text: `
    insert into rebuild.summed (partition) values ($1)
    on conflict do nothing
    returning partition`,
};
/** The sums of a partition are larger than those of a batch. */
const MEMORY: PreparedStatement = {
  name: 'memory-to-sum',
  text: `select set_config('work_mem', '64MB', true)`,
};
const SUMS = ACCOUNT_TABLES.flatMap((tables) => [sumBuckets(tables), sumBalances(tables)]);

/**
 * The balances and buckets of a partition out of its events, as its batches would have made them one by one. The windows
 * that are kept are those of the live balances; their sums come from the events, like all the others.
 */
export async function sumPartition(client: Prepared, partition: number): Promise<void> {
  await client.prepared(LOCK, [partition]);
  const begun = await client.prepared(BEGIN, [partition]);
  if (begun.length === 0) return;
  await client.prepared(MEMORY, []);
  for (const statement of SUMS) await client.prepared(statement, [partition]);
}

function sumBuckets(tables: AccountTables): PreparedStatement {
  const entries = '(select * from rebuild.spend_event where partition = $1)';
  return {
    name: `sum-${tables.kind}-buckets`,
    text: `
      insert into rebuild.${tables.kind}_bucket (${bucketColumns(tables)})
      ${bucketSums(tables, entries)}`,
  };
}

function sumBalances({ kind, ids, fed, flips }: AccountTables): PreparedStatement {
  const account = ids.join(', ');
  const isTime = `'^(-?infinity|\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z)$'`;
  return {
    name: `sum-${kind}-balances`,
    text: `
      with event as materialized (
        select ${account}, amount, ${flips} as flips, prices, log_offset, time
        from ${fed('rebuild.spend_event')} where partition = $1
      ), bounds as materialized (
        select ${account}, budget_id, kept ->> 0 as starts, kept ->> 1 as ends
        from public.${kind}_balance,
             jsonb_each(case jsonb_typeof(windows) when 'object' then windows end) as each (budget_id, kept)
        where partition = $1 and kept ->> 0 ~ ${isTime} and kept ->> 1 ~ ${isTime}
      ), summed as (
        select ${account}, budget_id, starts, ends,
               coalesce(sum(amount) filter (
                 where time >= starts::timestamptz and time < ends::timestamptz), 0) as spent
        from bounds join event using (${account})
        group by ${account}, budget_id, starts, ends
      ), kept as (
        select ${account}, jsonb_object_agg(budget_id, jsonb_build_array(starts, ends, spent::text)) as windows
        from summed group by ${account}
      ), total as (
        select ${account}, coalesce(sum(amount), 0) as spent,
               coalesce(sum(amount) filter (where flips), 0) as flipped,
               count(*) - count(amount) - count(*) filter (where prices) as unpriced,
               max(log_offset) as last_offset, max(time) as latest_time
        from event group by ${account}
      )
      insert into rebuild.${kind}_balance (
        partition, ${account}, spent, flipped, unpriced, last_offset, latest_time, windows)
      select $1::int, ${account}, spent, flipped, unpriced, last_offset, latest_time, windows
      from total left join kept using (${account})
      order by ${account}`,
  };
}

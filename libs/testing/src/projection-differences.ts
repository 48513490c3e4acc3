import { sql, type RawBuilder } from 'kysely';
import type { Database } from '#libs/postgres';

interface Kind {
  readonly kind: string;
  readonly ids: readonly string[];
  readonly fedBy: string;
}

const KINDS: readonly Kind[] = [
  { kind: 'key', ids: ['key_id'], fedBy: 'key_id is not null' },
  { kind: 'user', ids: ['user_id'], fedBy: `scope_type = 'user'` },
  { kind: 'team', ids: ['team_id'], fedBy: `scope_type = 'team'` },
  {
    kind: 'member',
    ids: ['team_id', 'user_id'],
    fedBy: `scope_type = 'team' and user_id is not null`,
  },
];

/**
 * Compares each balance with what of it was held before, each bucket and each window's sum with the events that may feed it, in
 * SQL of its own. An empty list says that the projection is right about the events it has; one row for each that is not.
 */
export async function projectionDifferences(database: Database): Promise<unknown[]> {
  const lists = KINDS.flatMap((kind) => [balances(kind), buckets(kind), windows(kind)]);
  const results = await Promise.all(lists.map((list) => list.execute(database.kysely)));
  return results.flatMap(({ rows }) => rows);
}

function balances({ kind, ids, fedBy }: Kind): RawBuilder<unknown> {
  const columns = columnsOf(ids);
  return sql`
    select ${sql.lit(`${kind}_balance`)} as "table", ${columns}, to_json(balance) as row, to_json(summed) as events
    from ${sql.table(`${kind}_balance`)} as balance
    full join (
      select ${columns}, coalesce(sum(amount), 0) as spent, max(log_offset) as last_offset,
             count(*) filter (where amount is null) - count(*) filter (where prices) as unpriced, max(time) as latest_time,
             sum(case hold_outcome when 'settled' then coalesce(amount, 0) else 0 end) as flipped
      from spend_event where ${sql.raw(fedBy)} group by ${columns}
    ) summed using (${columns})
    where (balance.spent, balance.flipped, balance.unpriced, balance.last_offset, balance.latest_time)
      is distinct from
        (summed.spent, summed.flipped, summed.unpriced, summed.last_offset, summed.latest_time)`;
}

function buckets({ kind, ids, fedBy }: Kind): RawBuilder<unknown> {
  const columns = columnsOf(ids);
  return sql`
    select ${sql.lit(`${kind}_bucket`)} as "table", ${columns}, grain, starts, bucket.spent, summed.spent as events
    from ${sql.table(`${kind}_bucket`)} as bucket
    full join (
      select ${columns}, grain, sum(amount) as spent,
             to_timestamp(floor(floor(extract(epoch from time)) / seconds) * seconds) as starts
      from spend_event, (values ('quarter', 900), ('day', 86400)) as grains (grain, seconds)
      where ${sql.raw(fedBy)} and amount <> 0
      group by ${columns}, grain, starts
    ) summed using (${columns}, grain, starts)
    where bucket.spent is distinct from summed.spent`;
}

function windows({ kind, ids, fedBy }: Kind): RawBuilder<unknown> {
  const columns = columnsOf(ids);
  const same = ids.map((id) => `e.${id} = b.${id}`).join(' and ');
  const isFed = fedBy.replaceAll(/\b(\w+_(?:id|type))\b/g, 'e.$1');
  return sql`
    select * from (
      select ${sql.lit(`${kind}_balance.windows`)} as "table", ${columns}, budget_id, kept, (
        select coalesce(sum(amount), 0) from spend_event e
        where e.partition = b.partition and ${sql.raw(`${same} and ${isFed}`)}
          and time >= (kept ->> 0)::timestamptz and time < (kept ->> 1)::timestamptz) as events
      from ${sql.table(`${kind}_balance`)} b, jsonb_each(windows) as each (budget_id, kept)
    ) compared
    where (kept ->> 2)::numeric is distinct from events`;
}

function columnsOf(ids: readonly string[]): RawBuilder<unknown> {
  return sql.join(['partition', ...ids].map((id) => sql.ref(id)));
}

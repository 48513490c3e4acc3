import { sql, type RawBuilder } from 'kysely';
import type { Database } from '#libs/postgres';

interface Kind {
  readonly kind: string;
  readonly ids: readonly string[];
  readonly fedBy: string;
  /** What stands for `spend_event`: each event as often as it feeds an account. */
  readonly events?: string;
  /** Which amounts were held on its accounts. */
  readonly held?: string;
}

/** An event feeds the ledger, and each of its labels. */
const EVENTS_OF_POOLS = `(
  select e.*, 'ledger' as account from spend_event e
  union all
  select e.*, 'label:' || name || '/' || case when id = '*' then '%2A'
    else regexp_replace(regexp_replace(id, '%', '%25', 'g'), '/', '%2F', 'g') end
  from spend_event e cross join jsonb_each_text(labels) as label (name, id))`;

const KINDS: readonly Kind[] = [
  { kind: 'key', ids: ['key_id'], fedBy: 'key_id is not null' },
  { kind: 'user', ids: ['user_id'], fedBy: `scope_type = 'user'` },
  { kind: 'team', ids: ['team_id'], fedBy: `scope_type = 'team'` },
  {
    kind: 'member',
    ids: ['team_id', 'user_id'],
    fedBy: `scope_type = 'team' and user_id is not null`,
  },
  { kind: 'pool', ids: ['account'], fedBy: 'true', events: EVENTS_OF_POOLS, held: 'hold_pools' },
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

function balances({
  kind,
  ids,
  fedBy,
  events,
  held = `hold_outcome = 'settled'`,
}: Kind): RawBuilder<unknown> {
  const columns = columnsOf(ids);
  return sql`
    select ${sql.lit(`${kind}_balance`)} as "table", ${columns}, to_json(balance) as row, to_json(summed) as events
    from ${sql.table(`${kind}_balance`)} as balance
    full join (
      select ${columns}, coalesce(sum(amount), 0) as spent, max(log_offset) as last_offset,
             count(*) filter (where amount is null) - count(*) filter (where prices) as unpriced, max(time) as latest_time,
             sum(case when ${sql.raw(held)} then coalesce(amount, 0) else 0 end) as flipped
      from ${eventsOf(events)} where ${sql.raw(fedBy)} group by ${columns}
    ) summed using (${columns})
    where (balance.spent, balance.flipped, balance.unpriced, balance.last_offset, balance.latest_time)
      is distinct from
        (summed.spent, summed.flipped, summed.unpriced, summed.last_offset, summed.latest_time)`;
}

function buckets({ kind, ids, fedBy, events }: Kind): RawBuilder<unknown> {
  const columns = columnsOf(ids);
  return sql`
    select ${sql.lit(`${kind}_bucket`)} as "table", ${columns}, grain, starts, bucket.spent, summed.spent as events
    from ${sql.table(`${kind}_bucket`)} as bucket
    full join (
      select ${columns}, grain, sum(amount) as spent,
             to_timestamp(floor(floor(extract(epoch from time)) / seconds) * seconds) as starts
      from ${eventsOf(events)}, (values ('quarter', 900), ('day', 86400)) as grains (grain, seconds)
      where ${sql.raw(fedBy)} and amount <> 0
      group by ${columns}, grain, starts
    ) summed using (${columns}, grain, starts)
    where bucket.spent is distinct from summed.spent`;
}

function windows({ kind, ids, fedBy, events }: Kind): RawBuilder<unknown> {
  const columns = columnsOf(ids);
  const same = ids.map((id) => `e.${id} = b.${id}`).join(' and ');
  const isFed = fedBy.replaceAll(/\b(\w+_(?:id|type))\b/g, 'e.$1');
  return sql`
    select * from (
      select ${sql.lit(`${kind}_balance.windows`)} as "table", ${columns}, budget_id, kept, (
        select coalesce(sum(amount), 0) from ${sql.raw(events ?? 'spend_event')} e
        where e.partition = b.partition and ${sql.raw(`${same} and ${isFed}`)}
          and time >= (kept ->> 0)::timestamptz and time < (kept ->> 1)::timestamptz) as events
      from ${sql.table(`${kind}_balance`)} b, jsonb_each(windows) as each (budget_id, kept)
    ) compared
    where (kept ->> 2)::numeric is distinct from events`;
}

function eventsOf(events = 'spend_event'): RawBuilder<unknown> {
  return sql.raw(`${events} event`);
}

function columnsOf(ids: readonly string[]): RawBuilder<unknown> {
  return sql.join(['partition', ...ids].map((id) => sql.ref(id)));
}

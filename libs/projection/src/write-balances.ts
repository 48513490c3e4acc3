import type { Prepared, PreparedStatement } from '#libs/postgres';

/** The events a batch has just written: a duplicate has no row there, so it is not counted again. */
interface Offsets {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** In the order in which they are written. Who feeds them is where a team's event is kept from a user's balance in SQL. */
const ADD: readonly PreparedStatement[] = [
  addStatement({ table: 'key_balance', ids: 'key_id', fedBy: 'key_id is not null' }),
  addStatement({ table: 'user_balance', ids: 'user_id', fedBy: `scope_type = 'user'` }),
  addStatement({ table: 'team_balance', ids: 'team_id', fedBy: `scope_type = 'team'` }),
  addStatement({
    table: 'member_balance',
    ids: 'team_id, user_id',
    fedBy: `scope_type = 'team' and user_id is not null`,
  }),
];

/** Adds the events of a batch to the balances of their accounts, out of the event rows themselves. */
export async function writeBalances(
  client: Prepared,
  { partition, from, to }: Offsets,
): Promise<void> {
  for (const add of ADD) await client.prepared(add, [partition, from, to]);
}

/**
 * Sorted inserts with `on conflict` lock rows in one order; `update … from unnest` locks them in the order of a join
 * and deadlocks. The events are found by their offsets alone: where Postgres knows little of the table, it would rather
 * read all of a partition's events of the scope.
 */
function addStatement({
  table,
  ids,
  fedBy,
}: Readonly<Record<'table' | 'ids' | 'fedBy', string>>): PreparedStatement {
  return {
    name: `add-to-${table}`,
    text: `
      with added as materialized (
        select * from spend_event where partition = $1 and log_offset >= $2 and log_offset < $3
      )
      insert into ${table} as balance (partition, ${ids}, spent, unpriced, last_offset)
      select partition, ${ids},
             coalesce(sum(amount), 0), count(*) filter (where amount is null), max(log_offset)
      from added
      where ${fedBy}
      group by partition, ${ids}
      order by ${ids}
      on conflict (partition, ${ids}) do update set
        spent = balance.spent + excluded.spent,
        unpriced = balance.unpriced + excluded.unpriced,
        last_offset = excluded.last_offset`,
  };
}

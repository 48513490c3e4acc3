import type { Prepared, PreparedStatement } from '#libs/postgres';
import { ACCOUNT_TABLES, ADDED, idsOf, type AccountTables, type Offsets } from './account-tables';
import { jsons, texts } from './column-arrays';
import type { AccountWindows } from './touched-windows';

const ADD = ACCOUNT_TABLES.map((tables) => ({ ...tables, statement: addStatement(tables) }));

/**
 * Adds the events of a batch to the balances of their accounts, out of the event rows themselves. With each balance go
 * the sums of the windows its account is in: a cache, written anew whenever the balance is, so that what stands there
 * is always complete. What the row had for the same bounds is added to; any other window is summed out of the buckets,
 * which have the batch already.
 */
export async function writeBalances(
  client: Prepared,
  { partition, from, to }: Offsets,
  windows: readonly AccountWindows[],
): Promise<void> {
  for (const { kind, ids, statement } of ADD) {
    const ofKind = windows.filter(({ account }) => account.kind === kind);
    await client.prepared(statement, [
      partition,
      from,
      to,
      jsons(ofKind.map((each) => JSON.stringify(each.windows))),
      ...ids.map((_, column) => texts(ofKind.map(({ account }) => idsOf(account)[column]!))),
    ]);
  }
}

/**
 * Sorted inserts with `on conflict` lock rows in one order; `update … from unnest` locks them in the order of a join
 * and deadlocks. Events and windows meet by grouping, not by a join: Postgres knows too little of either to choose one.
 */
function addStatement({ kind, ids, fedBy }: AccountTables): PreparedStatement {
  const account = ids.join(', ');
  const arrays = ids.map((_, n) => `$${n + 5}::text[]`).join(', ');
  return {
    name: `add-to-${kind}-balances`,
    text: `
      with ${ADDED}, given as (
        select ${account}, amount, log_offset, time, null::jsonb as windows from added where ${fedBy}
        union all
        select ${account}, null, null, null, windows
        from unnest($4::jsonb[], ${arrays}) as given (windows, ${account})
      ), total as (
        select ${account}, coalesce(sum(amount), 0) as spent,
               count(log_offset) - count(amount) as unpriced,
               max(log_offset) as last_offset, max(time) as latest_time,
               (array_agg(windows) filter (where windows is not null))[1] as windows,
               array_agg(amount) as amounts, array_agg(time) as times
        from given group by ${account}
        having count(log_offset) > 0
      )
      insert into ${kind}_balance as balance (
        partition, ${account}, spent, unpriced, last_offset, latest_time, windows)
      select $1, ${account}, spent, unpriced, last_offset, latest_time, ${spentIn('windows')}
      from total
      order by ${account}
      on conflict (partition, ${account}) do update set
        spent = balance.spent + excluded.spent,
        unpriced = balance.unpriced + excluded.unpriced,
        last_offset = excluded.last_offset,
        latest_time = greatest(balance.latest_time, excluded.latest_time),
        windows = ${merged(kind, ids)}`,
  };
}

/** Of the account's own events in the batch, what each window has: `{ budget: [start, end, spent] }`. */
function spentIn(windows: string): string {
  return `(
        select jsonb_object_agg(budget_id, jsonb_build_array(bounds -> 0, bounds -> 1, (
          select coalesce(sum(amount), 0)::text from unnest(amounts, times) as event (amount, time)
          where time >= (bounds ->> 0)::timestamptz and time < (bounds ->> 1)::timestamptz)))
        from jsonb_each(${windows}) as each (budget_id, bounds))`;
}

/** What the windows have together with what the balance had before. */
function merged(kind: string, ids: readonly string[]): string {
  const account = ids.map((id) => `balance.${id}`).join(', ');
  const before = 'balance.windows -> budget_id';
  return `(
          select jsonb_object_agg(budget_id, jsonb_build_array(added -> 0, added -> 1, case
            when ${before} -> 0 = added -> 0 and ${before} -> 1 = added -> 1
              then (${before} ->> 2)::numeric + (added ->> 2)::numeric
            when balance.latest_time < (added ->> 0)::timestamptz then (added ->> 2)::numeric
            else ${kind}_spent(balance.partition, ${account},
                               (added ->> 0)::timestamptz, (added ->> 1)::timestamptz)
            end::text))
          from jsonb_each(excluded.windows) as each (budget_id, added))`;
}

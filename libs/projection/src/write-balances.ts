import { jsons, texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import { idsOf, tableKindOf } from '#libs/wire';
import { ACCOUNT_TABLES, ADDED, type AccountTables, type Offsets } from './account-tables';
import type { AccountWindows } from './account-windows';

const SUM_OF_SUMS = `
               sum(spent) as spent, sum(flipped) as flipped, sum(unpriced)::bigint as unpriced,
               max(last_offset) as last_offset, max(latest_time) as latest_time`;

const ADD = ACCOUNT_TABLES.map((tables) => ({ ...tables, statement: addStatement(tables) }));

/**
 * Adds the entries of a batch to the balances of their accounts, out of the event rows themselves: what was held for them
 * flips to spent in the statement that adds it. With each balance go the sums of its windows: a cache, written anew
 * whenever the balance is, so that what stands there is always complete.
 */
export async function writeBalances(
  client: Prepared,
  { partition, from, to }: Offsets,
  windows: readonly AccountWindows[],
): Promise<void> {
  for (const { kind, ids, statement } of ADD) {
    const ofKind = windows.filter(({ account }) => tableKindOf(account) === kind);
    await client.prepared(statement, [
      partition,
      from,
      to,
      jsons(ofKind.map((each) => each.windows.print())),
      ...ids.map((_, column) => texts(ofKind.map(({ account }) => idsOf(account)[column]!))),
    ]);
  }
}

/**
 * Sorted inserts with `on conflict` lock rows in one order; `update … from unnest` locks them in the order of a join
 * and deadlocks. Events and windows meet by grouping, not by a join: Postgres knows too little of either to choose one.
 */
function addStatement(tables: AccountTables): PreparedStatement {
  const { kind, ids } = tables;
  const account = ids.join(', ');
  const arrays = ids.map((_, n) => `$${n + 5}::text[]`).join(', ');
  return {
    name: `add-to-${kind}-balances`,
    text: `
      with ${ADDED}, given as (
        ${kind === 'pool' ? sumsOfLabels(tables) : entriesOf(tables)}
        union all
        select ${account}, null, null, null, null, null, windows
        from unnest($4::jsonb[], ${arrays}) as given (windows, ${account})
      ), total as (
        select ${account}, ${kind === 'pool' ? SUM_OF_SUMS : sumOf('flips')},
               (array_agg(windows) filter (where windows is not null))[1] as windows
        from given group by ${account}
        having count(${kind === 'pool' ? 'last_offset' : 'log_offset'}) > 0
      )
      insert into ${kind}_balance as balance (
        partition, ${account}, spent, flipped, unpriced, last_offset, latest_time, windows)
      select $1, ${account}, spent, flipped, unpriced, last_offset, latest_time, windows
      from total
      order by ${account}
      on conflict (partition, ${account}) do update set
        spent = balance.spent + excluded.spent,
        flipped = balance.flipped + excluded.flipped,
        unpriced = balance.unpriced + excluded.unpriced,
        last_offset = excluded.last_offset,
        latest_time = greatest(balance.latest_time, excluded.latest_time),
        windows = excluded.windows`,
  };
}

/** What entries come to; of rows that have no offset nothing counts. */
function sumOf(flips: string): string {
  return `
               coalesce(sum(amount), 0) as spent, coalesce(sum(amount) filter (where ${flips}), 0) as flipped,
               count(log_offset) - count(amount) - count(*) filter (where prices) as unpriced,
               max(log_offset) as last_offset, max(time) as latest_time`;
}

function entriesOf({ ids, fed, flips }: AccountTables): string {
  return `
        select ${ids.join(', ')}, amount, ${flips} as flips, prices, log_offset, time, null::jsonb as windows
        from ${fed('added')}`;
}

/** Many entries have the same labels, or none: they are summed before they are taken apart. */
function sumsOfLabels({ ids, fed, flips }: AccountTables): string {
  return `
        select ${ids.join(', ')}, spent, flipped, unpriced, last_offset, latest_time, null::jsonb as windows
        from ${fed(`(select labels, ${sumOf(flips)} from added group by labels)`)}`;
}

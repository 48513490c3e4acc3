import type { Prepared, PreparedStatement } from '#libs/postgres';
import { ACCOUNT_TABLES, ADDED, type AccountTables, type Offsets } from './account-tables';

const ADD = ACCOUNT_TABLES.map(addStatement);

/** Adds the events of a batch to the balances of their accounts, out of the event rows themselves. */
export async function writeBalances(
  client: Prepared,
  { partition, from, to }: Offsets,
): Promise<void> {
  for (const add of ADD) await client.prepared(add, [partition, from, to]);
}

/**
 * Sorted inserts with `on conflict` lock rows in one order; `update … from unnest` locks them in the order of a join
 * and deadlocks.
 */
function addStatement({ kind, ids, fedBy }: AccountTables): PreparedStatement {
  const account = `partition, ${ids.join(', ')}`;
  return {
    name: `add-to-${kind}-balances`,
    text: `
      with ${ADDED}
      insert into ${kind}_balance as balance (${account}, spent, unpriced, last_offset, latest_time)
      select ${account}, coalesce(sum(amount), 0), count(*) filter (where amount is null),
             max(log_offset), max(time)
      from added
      where ${fedBy}
      group by ${account}
      order by ${account}
      on conflict (${account}) do update set
        spent = balance.spent + excluded.spent,
        unpriced = balance.unpriced + excluded.unpriced,
        last_offset = excluded.last_offset,
        latest_time = greatest(balance.latest_time, excluded.latest_time)`,
  };
}

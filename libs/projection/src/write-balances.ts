import { sql, type RawBuilder, type Transaction } from 'kysely';
import type { Tables } from '#libs/postgres';

/** The events a batch has just written: a duplicate has no row there, so it is not counted again. */
interface Offsets {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

interface BalanceTable {
  readonly table: 'key_balance' | 'user_balance' | 'team_balance' | 'member_balance';
  readonly ids: readonly ('key_id' | 'user_id' | 'team_id')[];
  /** The events that feed it: this is where a team's event is kept from a user's balance in SQL. */
  readonly fedBy: RawBuilder<unknown>;
}

const BALANCES: readonly BalanceTable[] = [
  { table: 'key_balance', ids: ['key_id'], fedBy: sql`key_id is not null` },
  { table: 'user_balance', ids: ['user_id'], fedBy: sql`scope_type = 'user'` },
  { table: 'team_balance', ids: ['team_id'], fedBy: sql`scope_type = 'team'` },
  {
    table: 'member_balance',
    ids: ['team_id', 'user_id'],
    fedBy: sql`scope_type = 'team' and user_id is not null`,
  },
];

/** Adds the events of a batch to the balances of their accounts, out of the event rows themselves. */
export async function writeBalances(trx: Transaction<Tables>, offsets: Offsets): Promise<void> {
  for (const balance of BALANCES) await addTo(balance, trx, offsets);
}

/**
 * Sorted inserts with `on conflict` lock rows in one order; `update … from unnest` locks them in the order of a join
 * and deadlocks.
 */
async function addTo(
  { table, ids, fedBy }: BalanceTable,
  trx: Transaction<Tables>,
  { partition, from, to }: Offsets,
): Promise<void> {
  const columns = sql.join(ids.map((id) => sql.ref(id)));
  await sql`
    insert into ${sql.table(table)} as balance (partition, ${columns}, spent, unpriced, last_offset)
    select partition, ${columns},
           coalesce(sum(amount), 0), count(*) filter (where amount is null), max(log_offset)
    from spend_event
    where partition = ${partition} and log_offset >= ${from} and log_offset < ${to} and ${fedBy}
    group by partition, ${columns}
    order by ${columns}
    on conflict (partition, ${columns}) do update set
      spent = balance.spent + excluded.spent,
      unpriced = balance.unpriced + excluded.unpriced,
      last_offset = excluded.last_offset`.execute(trx);
}

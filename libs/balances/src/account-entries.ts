import { sql, type RawBuilder } from 'kysely';
import { partitionOfAccount, type Account } from '#libs/ledger';
import { rowsWith } from '#libs/postgres';
import { rowsOfAccount, type RowsOf } from '#libs/wire';

/**
 * What tells the entries of an account, and its balance, from others: its ids, and the partition before them where there
 * is only one. Each kind has an index of its own.
 */
export function accountEntries(account: Account, partitions: number): RowsOf {
  const { scope, columns } = rowsOfAccount(account);
  const partition = partitionOfAccount(account, partitions);
  return {
    scope,
    columns: partition === undefined ? columns : [['partition', partition], ...columns],
  };
}

/** Which rows of `spend_event entry` an account is the sum of. */
export function entriesOf(account: Account, partitions: number): RawBuilder<boolean> {
  return rowsWith('entry', accountEntries(account, partitions));
}

/** How many of some rows `entry` have an unknown cost that no correction has given since. */
export const UNPRICED = sql`(count(*) - count(entry.amount) - count(*) filter (where entry.prices))`;

/** How many of some rows `entry` are spends; the others correct one. */
export const SPENDS = sql`count(*) filter (where entry.adjusts_key is null)`;

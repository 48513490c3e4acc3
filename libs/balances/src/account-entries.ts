import { sql, type RawBuilder } from 'kysely';
import { partitionOfAccount, type Account, type PersonAccount, type ScopeAccount } from '#libs/ledger';
import { rowsWith } from '#libs/postgres';
import { rowsOfAccount, type RowsOf } from '#libs/wire';

/**
 * What tells the entries of an account, and its balance, from others: its ids, and the partition before them where there
 * is only one. Each kind has an index of its own.
 */
export function accountEntries(account: ScopeAccount, partitions: number): RowsOf {
  const { scope, columns } = rowsOfAccount(account);
  const partition = partitionOfAccount(account, partitions);
  return {
    scope,
    columns: partition === undefined ? columns : [['partition', partition], ...columns],
  };
}

/** Which rows of `spend_event entry` an account is the sum of. */
export function entriesOf(account: Account, partitions: number): RawBuilder<boolean> {
  switch (account.kind) {
    case 'person':
      return entriesOfPerson(account, partitions);
    case 'label':
      return sql`entry.labels ->> ${account.name} = ${account.value}`;
    case 'ledger':
      return sql`true`;
    default:
      return rowsWith('entry', accountEntries(account, partitions));
  }
}

/** Her own, and those of each team that she has spent in, by the index of each. */
function entriesOfPerson({ userId }: PersonAccount, partitions: number): RawBuilder<boolean> {
  const own = rowsWith('entry', accountEntries({ kind: 'user', userId }, partitions));
  return sql`(${own} or entry.scope_type = 'team' and entry.user_id = ${userId}
    and (entry.partition, entry.team_id) in (
      select of_her.partition, of_her.team_id from member_balance of_her where of_her.user_id = ${userId}))`;
}

/** How many of some rows `entry` have an unknown cost that no correction has given since. */
export const UNPRICED = sql`(count(*) - count(entry.amount) - count(*) filter (where entry.prices))`;

/** How many of some rows `entry` are spends; the others correct one. */
export const SPENDS = sql`count(*) filter (where entry.adjusts_key is null)`;

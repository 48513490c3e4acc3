import { sql, type RawBuilder } from 'kysely';
import { partitionOfAccount, type Account } from '#libs/ledger';

/** What tells the entries of an account, and its balance, from others. */
export interface AccountEntries {
  /** The only scope whose entries feed it; null: a key is fed by all. For SQL as it is: each has an index of its own. */
  readonly scope: 'user' | 'team' | null;
  readonly ids: readonly (readonly [column: string, id: string])[];
  /** The ids, and the partition before them where there is only one. */
  readonly columns: readonly (readonly [column: string, value: number | string])[];
}

export function accountEntries(account: Account, partitions: number): AccountEntries {
  const ids = idsOf(account);
  const partition = partitionOfAccount(account, partitions);
  return {
    scope: account.kind === 'key' ? null : account.kind === 'user' ? 'user' : 'team',
    ids,
    columns: partition === undefined ? ids : [['partition', partition], ...ids],
  };
}

/** Which rows of `spend_event entry` an account is the sum of. */
export function entriesOf(account: Account, partitions: number): RawBuilder<boolean> {
  const { scope, columns } = accountEntries(account, partitions);
  const isEqual = columns.map(([column, value]) => sql`${sql.ref(`entry.${column}`)} = ${value}`);
  const isFed = scope === null ? [] : [sql`entry.scope_type = ${sql.lit(scope)}`];
  return sql`${sql.join([...isEqual, ...isFed], sql` and `)}`;
}

/** How many of some rows `entry` are of unknown cost, of which nobody has said it since. */
export const UNPRICED = sql`(count(*) - count(entry.amount) - count(*) filter (where entry.prices))`;

/** How many of some rows `entry` are spends; the others correct one. */
export const SPENDS = sql`count(*) filter (where entry.adjusts_key is null)`;

function idsOf(account: Account): AccountEntries['ids'] {
  switch (account.kind) {
    case 'key':
      return [['key_id', account.keyId]];
    case 'user':
      return [['user_id', account.userId]];
    case 'team':
      return [['team_id', account.teamId]];
    case 'member':
      return [
        ['team_id', account.teamId],
        ['user_id', account.userId],
      ];
  }
}

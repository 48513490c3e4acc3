import { sql, type RawBuilder } from 'kysely';
import { partitionOfAccount, type Account } from '#libs/ledger';

/** Which entries `e` of `spend_event` an account is the sum of. */
export function entriesOf(account: Account, partitions: number): RawBuilder<boolean> {
  const partition = partitionOfAccount(account, partitions);
  switch (account.kind) {
    case 'key':
      return sql`e.key_id = ${account.keyId}`;
    case 'user':
      return sql`e.partition = ${partition} and e.scope_type = 'user' and e.user_id = ${account.userId}`;
    case 'team':
      return sql`e.partition = ${partition} and e.scope_type = 'team' and e.team_id = ${account.teamId}`;
    case 'member':
      return sql`e.partition = ${partition} and e.scope_type = 'team' and e.team_id = ${account.teamId}
        and e.user_id = ${account.userId}`;
  }
}

/** How many of some entries `e` are of unknown cost, of which nobody has said it since. */
export const UNPRICED = sql`(count(*) - count(e.amount) - count(*) filter (where e.prices))`;

/** How many of some entries `e` are spends; the others correct one. */
export const SPENDS = sql`count(*) filter (where e.adjusts_key is null)`;

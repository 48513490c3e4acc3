import { sql, type RawBuilder } from 'kysely';
import { formatAccount, type Account } from '#libs/ledger';

export interface AccountRow {
  readonly partition: number;
  readonly key_id?: string;
  readonly user_id?: string;
  readonly team_id?: string;
}

export function accountOf(
  kind: Account['kind'],
  { partition, key_id: keyId, user_id: userId, team_id: teamId }: AccountRow,
): { readonly partition: number; readonly account: string } {
  return { partition, account: formatAccount({ kind, keyId, userId, teamId } as Account) };
}

export function columnsOf(ids: readonly string[]): RawBuilder<unknown> {
  return sql.join(['partition', ...ids].map((id) => sql.ref(id)));
}

import { sql, type RawBuilder } from 'kysely';
import { formatAccount } from '#libs/ledger';
import { storedAccount, type TableKind } from '#libs/wire';

export interface AccountRow {
  readonly partition: number;
  readonly key_id?: string;
  readonly user_id?: string;
  readonly team_id?: string;
  readonly account?: string;
}

export function accountOf(
  kind: TableKind,
  row: AccountRow,
): { readonly partition: number; readonly account: string } {
  const { partition, ...ids } = row;
  return { partition, account: formatAccount(storedAccount(kind, ids)) };
}

export function columnsOf(ids: readonly string[]): RawBuilder<unknown> {
  return sql.join(['partition', ...ids].map((id) => sql.ref(id)));
}

import type { Account, MemberAccount } from '#libs/ledger';
import type { StoredScope } from './stored-scope';

type IdColumn = Exclude<keyof StoredScope, 'scope_type'>;

/** One kind of account, in the words of tables. */
export interface StoredKind {
  readonly kind: Account['kind'];
  /** The columns that name an account of the kind. */
  readonly ids: readonly IdColumn[];
  /** The only scope whose spends feed the kind; `null`: every scope does. */
  readonly scope: 'user' | 'team' | null;
  /** The id that such a spend may lack; then it feeds no account of the kind. */
  readonly optional: IdColumn | null;
}

/**
 * Which spends feed which accounts. This is where a team's spend is kept from a person's balance in SQL: all SQL of the
 * ledger asks this file, and constraints of the tables hold the same. `accountsOf` (libs/ledger) says it for a scope in
 * memory. In the order in which tables of the kinds are written.
 */
export const STORED_KINDS: readonly StoredKind[] = [
  { kind: 'key', ids: ['key_id'], scope: null, optional: 'key_id' },
  { kind: 'user', ids: ['user_id'], scope: 'user', optional: null },
  { kind: 'team', ids: ['team_id'], scope: 'team', optional: null },
  { kind: 'member', ids: ['team_id', 'user_id'], scope: 'team', optional: 'user_id' },
];

/** In SQL: whether a row with the columns of a scope feeds an account of the kind. */
export function feeds({ scope, optional }: StoredKind): string {
  return [
    ...(scope === null ? [] : [`scope_type = '${scope}'`]),
    ...(optional === null ? [] : [`${optional} is not null`]),
  ].join(' and ');
}

/** What the rows of one account, or of one owner, have in common. */
export interface RowsOf {
  /** The type of their scope; `null`: any. */
  readonly scope: StoredScope['scope_type'] | null;
  readonly columns: readonly (readonly [column: string, value: number | string])[];
}

/** The rows that feed an account. */
export function rowsOfAccount(account: Account): RowsOf {
  const { ids, scope } = storedKind(account.kind);
  const values = idsOf(account);
  return { scope, columns: ids.map((column, n) => [column, values[n]!] as const) };
}

/** A team, a user, or a key that has no owner. */
export type Owner = Exclude<Account, MemberAccount>;

/** The rows of an owner: all that its partition has by its name. */
export function rowsOfOwner(owner: Owner): RowsOf {
  return { ...rowsOfAccount(owner), scope: owner.kind };
}

/** The ids of an account, in the order of the columns of its kind. */
export function idsOf(account: Account): readonly string[] {
  switch (account.kind) {
    case 'key':
      return [account.keyId];
    case 'user':
      return [account.userId];
    case 'team':
      return [account.teamId];
    case 'member':
      return [account.teamId, account.userId];
  }
}

/** The account that a row's ids name; the others of its columns say nothing. */
export function storedAccount(
  kind: Account['kind'],
  row: Partial<Record<IdColumn, string | null>>,
): Account {
  const [first, second] = storedKind(kind).ids.map((column) => row[column]!) as [string, string];
  switch (kind) {
    case 'key':
      return { kind, keyId: first };
    case 'user':
      return { kind, userId: first };
    case 'team':
      return { kind, teamId: first };
    case 'member':
      return { kind, teamId: first, userId: second };
  }
}

export const storedKind = (kind: Account['kind']): StoredKind =>
  STORED_KINDS.find((stored) => stored.kind === kind)!;

import {
  formatAccount,
  parseAccount,
  type Account,
  type MemberAccount,
  type PersonAccount,
  type ScopeAccount,
} from '#libs/ledger';
import type { StoredScope } from './stored-scope';

type IdColumn = Exclude<keyof StoredScope, 'scope_type'>;

/** What has rows of its own: all but a person, who is the sum of her own and her members' rows. */
export type StoredAccount = Exclude<Account, PersonAccount>;

/** Which tables: `<kind>_balance` and `<kind>_bucket`. */
export type TableKind = ScopeAccount['kind'] | 'pool';

/** One kind of tables of accounts. */
export interface StoredKind {
  readonly kind: TableKind;
  /** The columns that name an account of the kind. */
  readonly ids: readonly (IdColumn | 'account')[];
  /** The only scope whose spends feed the kind; `null`: every scope does. */
  readonly scope: 'user' | 'team' | null;
  /** The id that such a spend may lack; then it feeds no account of the kind. */
  readonly optional: IdColumn | null;
}

/**
 * Which spends feed which accounts. This is where a team's spend is kept from a person's balance in SQL: all SQL of the
 * ledger asks this file, and constraints of the tables hold the same. `accountsOf` (libs/ledger) says it for a spend in
 * memory. In the order in which tables of the kinds are written.
 */
export const STORED_KINDS: readonly StoredKind[] = [
  { kind: 'key', ids: ['key_id'], scope: null, optional: 'key_id' },
  { kind: 'user', ids: ['user_id'], scope: 'user', optional: null },
  { kind: 'team', ids: ['team_id'], scope: 'team', optional: null },
  { kind: 'member', ids: ['team_id', 'user_id'], scope: 'team', optional: 'user_id' },
  { kind: 'pool', ids: ['account'], scope: null, optional: null },
];

/** In SQL: whether a row with the columns of a scope feeds an account of the kind. */
export function feeds({ scope, optional }: Pick<StoredKind, 'scope' | 'optional'>): string {
  const conditions = [
    ...(scope === null ? [] : [`scope_type = '${scope}'`]),
    ...(optional === null ? [] : [`${optional} is not null`]),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}

/**
 * In SQL, to stand behind `from`: the rows of some entries that feed accounts of the kind, each as often as it feeds one,
 * with the columns that name the account.
 * @param entries a table with the columns of `spend_event`, or a query for one in brackets
 */
export function feeding(stored: StoredKind, entries: string): string {
  return stored.kind === 'pool'
    ? `(select entry.*, pool.account from ${entries} entry, pools_of(entry.labels) pool) fed`
    : `(select * from ${entries} entry where ${feeds(stored)}) fed`;
}

/** What the rows of one account, or of one owner, have in common. */
export interface RowsOf {
  /** The type of their scope; `null`: any. */
  readonly scope: StoredScope['scope_type'] | null;
  readonly columns: readonly (readonly [column: string, value: number | string])[];
}

/** The rows that feed an account which a scope names. */
export function rowsOfAccount(account: ScopeAccount): RowsOf {
  const { ids, scope } = storedKind(account.kind);
  const values = idsOf(account);
  return { scope, columns: ids.map((column, n) => [column, values[n]!] as const) };
}

/** A team, a user, or a key that has no owner. */
export type Owner = Exclude<ScopeAccount, MemberAccount>;

/** The rows of an owner: all that its partition has by its name. */
export function rowsOfOwner(owner: Owner): RowsOf {
  return { ...rowsOfAccount(owner), scope: owner.kind };
}

/** The tables that an account has its rows in. */
export function tableKindOf(account: StoredAccount): TableKind {
  return account.kind === 'label' || account.kind === 'ledger' ? 'pool' : account.kind;
}

/** The ids of an account, in the order of the columns of its kind. */
export function idsOf(account: StoredAccount): readonly string[] {
  switch (account.kind) {
    case 'key':
      return [account.keyId];
    case 'user':
      return [account.userId];
    case 'team':
      return [account.teamId];
    case 'member':
      return [account.teamId, account.userId];
    case 'label':
    case 'ledger':
      return [formatAccount(account)];
  }
}

/** The account that a row's ids name; the others of its columns say nothing. */
export function storedAccount(
  kind: TableKind,
  row: Partial<Record<IdColumn | 'account', string | null>>,
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
    case 'pool':
      return poolOfName(first);
  }
}

/** What a table says that was tampered with is shown as it stands. */
function poolOfName(name: string): Account {
  const account = parseAccount(name, 'account');
  return account.ok ? account.value : { kind: 'label', name: '?', value: name };
}

export const storedKind = (kind: TableKind): StoredKind =>
  STORED_KINDS.find((stored) => stored.kind === kind)!;

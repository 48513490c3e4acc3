import { partitionOfAccount, type Account } from '#libs/ledger';
import {
  idsOf,
  STORED_KINDS,
  storedKind,
  tableKindOf,
  type StoredAccount,
  type TableKind,
} from '#libs/wire';

/** How an account is asked about: by the names of its own tables, or as a person, who has rows in those of others. */
type AskedKind = TableKind | 'person';

/** One of the tables that an account has rows in. */
interface AskedTable {
  readonly kind: TableKind;
  readonly ids: readonly string[];
  /** Which of the columns find its rows. */
  readonly found: readonly string[];
}

/** What names an account of a kind in its tables. Keys and pools can have a row in every partition; others are in one. */
export interface AccountColumns {
  readonly kind: AskedKind;
  readonly tables: readonly AskedTable[];
  /** The columns and their types. */
  readonly columns: readonly (readonly [name: string, type: 'int' | 'text'])[];
}

const IN_ALL_PARTITIONS: readonly TableKind[] = ['key', 'pool'];

/** A person's own row is in one partition; those of her memberships are found by her name alone. */
const OF_PERSONS: readonly AskedTable[] = [
  { kind: 'user', ids: storedKind('user').ids, found: ['partition', 'user_id'] },
  { kind: 'member', ids: storedKind('member').ids, found: ['user_id'] },
];

export const ACCOUNT_COLUMNS: readonly AccountColumns[] = [
  ...STORED_KINDS.map(({ kind, ids }) => {
    const columns = [
      ...(IN_ALL_PARTITIONS.includes(kind) ? [] : [['partition', 'int'] as const]),
      ...ids.map((id) => [id, 'text'] as const),
    ];
    return { kind, tables: [{ kind, ids, found: columns.map(([name]) => name) }], columns };
  }),
  {
    kind: 'person',
    tables: OF_PERSONS,
    columns: [
      ['partition', 'int'],
      ['user_id', 'text'],
    ],
  },
];

/**
 * Accounts as parameters, each with what else is asked of it: of each kind the given columns and then those that name
 * its accounts, as `unnestAccounts` takes them.
 */
export function accountArrays(
  asked: readonly (readonly [account: Account, ...given: unknown[]])[],
  givenColumns: number,
  partitions: number,
): unknown[] {
  return ACCOUNT_COLUMNS.flatMap(({ kind, columns }) => {
    const arrays: unknown[][] = Array.from({ length: givenColumns + columns.length }, () => []);
    for (const [account, ...given] of asked) {
      if (askedKindOf(account) !== kind) continue;
      for (let at = 0; at < givenColumns; at++) arrays[at]!.push(given[at]);
      const names = nameOf(account, partitions);
      for (let at = 0; at < names.length; at++) arrays[givenColumns + at]!.push(names[at]);
    }
    return arrays;
  });
}

/** How many parameters `accountArrays` makes. */
export function countAccountArrays(givenColumns: number): number {
  return ACCOUNT_COLUMNS.reduce((sum, { columns }) => sum + givenColumns + columns.length, 0);
}

/** Of each kind its rows `asked (…given columns, …names)`, from the parameters of `accountArrays`, which follow others. */
export function unnestAccounts(
  given: readonly (readonly [name: string, type: string])[],
  after = 0,
): { readonly [kind in AskedKind]: string } {
  let parameter = after;
  const entries = ACCOUNT_COLUMNS.map(({ kind, columns }) => {
    const all = [...given, ...columns];
    const arrays = all.map(([, type]) => `$${++parameter}::${type}[]`).join(', ');
    return [kind, `unnest(${arrays}) as asked (${all.map(([name]) => name).join(', ')})`] as const;
  });
  return Object.fromEntries(entries) as Record<AskedKind, string>;
}

function askedKindOf(account: Account): AskedKind {
  return account.kind === 'person' ? 'person' : tableKindOf(account);
}

function nameOf(account: Account, partitions: number): readonly (number | string)[] {
  // In her own row a person is the user of her name.
  const named: StoredAccount = account.kind === 'person' ? { ...account, kind: 'user' } : account;
  const partition = partitionOfAccount(named, partitions);
  return partition === undefined ? idsOf(named) : [partition, ...idsOf(named)];
}

import { partitionOfAccount, type Account } from '#libs/ledger';
import { idsOf, STORED_KINDS } from '#libs/wire';

/** What names an account of a kind in its tables. A key can have a row in every partition; the others are in one. */
export interface AccountColumns {
  readonly kind: Account['kind'];
  readonly ids: readonly string[];
  /** The columns and their types. */
  readonly columns: readonly (readonly [name: string, type: 'int' | 'text'])[];
}

export const ACCOUNT_COLUMNS: readonly AccountColumns[] = STORED_KINDS.map(({ kind, ids }) => ({
  kind,
  ids,
  columns: [
    ...(kind === 'key' ? [] : [['partition', 'int'] as const]),
    ...ids.map((id) => [id, 'text'] as const),
  ],
}));

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
      if (account.kind !== kind) continue;
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
): { readonly [kind in Account['kind']]: string } {
  let parameter = after;
  const entries = ACCOUNT_COLUMNS.map(({ kind, columns }) => {
    const all = [...given, ...columns];
    const arrays = all.map(([, type]) => `$${++parameter}::${type}[]`).join(', ');
    return [kind, `unnest(${arrays}) as asked (${all.map(([name]) => name).join(', ')})`] as const;
  });
  return Object.fromEntries(entries) as Record<Account['kind'], string>;
}

function nameOf(account: Account, partitions: number): readonly (number | string)[] {
  const partition = partitionOfAccount(account, partitions);
  return partition === undefined ? idsOf(account) : [partition, ...idsOf(account)];
}

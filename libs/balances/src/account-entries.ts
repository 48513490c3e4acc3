import { sql, type RawBuilder } from 'kysely';
import {
  formatAccount,
  partitionOfAccount,
  type Account,
  type LabelAccount,
  type PersonAccount,
  type ScopeAccount,
} from '#libs/ledger';
import {
  idsOf,
  rowsOfAccount,
  storedKind,
  type RowsOf,
  type StoredBounds,
  type TableKind,
} from '#libs/wire';

/** Puts a value among the parameters of a statement. @returns its name in SQL */
export type Value = (given: number | string) => string;

/** In SQL: which rows `entry` of `spend_event` an account is the sum of, in a time or in all. */
export function entriesOf(
  account: Account,
  partitions: number,
  bounds?: StoredBounds,
): RawBuilder<boolean> {
  return built((value) => writeEntriesOf(account, partitions, value, { bounds }));
}

/** The same in the text of a statement that has its own parameters and its own name for the rows. */
export function writeEntriesOf(
  account: Account,
  partitions: number,
  value: Value,
  { row = 'entry', bounds }: { readonly row?: string; readonly bounds?: StoredBounds | undefined },
): string {
  switch (account.kind) {
    case 'person':
      return entriesOfPerson(account, partitions, value, row, bounds);
    case 'ledger':
      return `true${inTime(row, value, bounds)}`;
    case 'label':
      return entriesOfLabel(account, value, row) + inTime(row, value, bounds);
    default:
      return entriesOfScope(account, partitions, value, row) + inTime(row, value, bounds);
  }
}

/** The partition comes first where there is only one. Each kind has an index of its own. */
function entriesOfScope(
  account: ScopeAccount,
  partitions: number,
  value: Value,
  row: string,
): string {
  const { scope, columns } = rowsOfAccount(account);
  const partition = partitionOfAccount(account, partitions);
  return [
    ...(partition === undefined ? [] : [`${row}.partition = ${value(partition)}`]),
    ...columns.map(([column, given]) => `${row}.${column} = ${value(given)}`),
    ...(scope === null ? [] : [`${row}.scope_type = '${scope}'`]),
  ].join(' and ');
}

/** In the partitions that have the label; there its entries are found by time alone. */
function entriesOfLabel(account: LabelAccount, value: Value, row: string): string {
  const { name, value: labelled } = account;
  return `${row}.labels ->> ${value(name)}::text = ${value(labelled)}::text and ${row}.partition = any(array(
    select known.partition from pool_balance known where known.account = ${value(formatAccount(account))}))`;
}

/**
 * Her own, and those of each team that she has spent in, by the index of each; then by where they lie, for no row moves
 * meanwhile. Nothing is said of their time outside: no plan may go by it and look through what everybody spent then.
 */
function entriesOfPerson(
  { userId }: PersonAccount,
  partitions: number,
  value: Value,
  row: string,
  bounds: StoredBounds | undefined,
): string {
  const user: ScopeAccount = { kind: 'user', userId };
  return `${row}.ctid = any(array(
    select found.ctid from spend_event found
    where ${entriesOfScope(user, partitions, value, 'found')}${inTime('found', value, bounds)}
    union all
    select of_team.ctid from member_balance of_her cross join lateral (
      select found.ctid from spend_event found
      where found.partition = of_her.partition and found.scope_type = 'team'
        and found.team_id = of_her.team_id and found.user_id = of_her.user_id${inTime('found', value, bounds)}
      offset 0) of_team
    where of_her.user_id = ${value(userId)}))`;
}

function inTime(row: string, value: Value, bounds: StoredBounds | undefined): string {
  if (bounds === undefined) return '';
  const { starts, ends } = bounds;
  return ` and ${row}.time >= ${value(starts)}::timestamptz and ${row}.time < ${value(ends)}::timestamptz`;
}

/** Where an account's sums are kept: rows of these tables, `<kind>_balance` and `<kind>_bucket`, by these columns. */
export interface KeptRows {
  readonly kind: TableKind;
  readonly ids: readonly string[];
  readonly columns: RowsOf['columns'];
}

/** One table, and a row in each partition that feeds the account; of a person her own and each membership. */
export function keptRowsOf(account: Account, partitions: number): readonly KeptRows[] {
  switch (account.kind) {
    case 'ledger':
    case 'label':
      return [kept('pool', [['account', idsOf(account)[0]!]])];
    case 'person': {
      const { userId } = account;
      return [
        ...keptRowsOf({ kind: 'user', userId }, partitions),
        kept('member', [['user_id', userId]]),
      ];
    }
    default: {
      const { columns } = rowsOfAccount(account);
      const partition = partitionOfAccount(account, partitions);
      return [
        kept(
          account.kind,
          partition === undefined ? columns : [['partition', partition], ...columns],
        ),
      ];
    }
  }
}

const kept = (kind: TableKind, columns: RowsOf['columns']): KeptRows => ({
  kind,
  ids: storedKind(kind).ids,
  columns,
});

/** No text of SQL has it. */
const GAP = '\0';

function built(write: (value: Value) => string): RawBuilder<boolean> {
  const values: (number | string)[] = [];
  const text = write((given) => {
    values.push(given);
    return GAP;
  });
  const parts = text
    .split(GAP)
    .flatMap((part, n) => (n === 0 ? [sql.raw(part)] : [sql`${values[n - 1]!}`, sql.raw(part)]));
  return sql`(${sql.join(parts, sql``)})`;
}

/** How many of some rows `entry` have an unknown cost that no correction has given since. */
export const UNPRICED = sql`(count(*) - count(entry.amount) - count(*) filter (where entry.prices))`;

/** How many of some rows `entry` are spends; the others correct one. */
export const SPENDS = sql`count(*) filter (where entry.adjusts_key is null)`;

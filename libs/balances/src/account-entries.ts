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
  storedBounds,
  storedKind,
  type RowsOf,
  type StoredBounds,
  type TableKind,
} from '#libs/wire';

/** Puts a value among the parameters of a statement. @returns its name in SQL */
export type Value = (given: number | string) => string;

const ALL_TIME = storedBounds({ start: null, end: null });

/** In SQL: which rows `entry` of `spend_event` an account is the sum of; of other times than these it may leave some out. */
export function entriesOf(
  account: Account,
  partitions: number,
  bounds = ALL_TIME,
): RawBuilder<boolean> {
  return built((value) => writeEntriesOf(account, partitions, value, { bounds }));
}

/** The same in the text of a statement that has its own parameters and its own name for the rows. */
export function writeEntriesOf(
  account: Account,
  partitions: number,
  value: Value,
  {
    row = 'entry',
    bounds = ALL_TIME,
  }: { readonly row?: string; readonly bounds?: StoredBounds } = {},
): string {
  switch (account.kind) {
    case 'ledger':
      return 'true';
    case 'label':
      return entriesOfLabel(account, value, row);
    case 'person':
      return entriesOfPerson(account, partitions, value, row, bounds);
    default:
      return entriesOfScope(account, partitions, value, row);
  }
}

/** The partitions before them where there is only one. Each kind has an index of its own. */
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

/** Her own, and those of each team that she has spent in, by the index of each: by where they lie, as no row moves meanwhile. */
function entriesOfPerson(
  { userId }: PersonAccount,
  partitions: number,
  value: Value,
  row: string,
  { starts, ends }: StoredBounds,
): string {
  const isInTime = () =>
    `found.time >= ${value(starts)}::timestamptz and found.time < ${value(ends)}::timestamptz`;
  const user: ScopeAccount = { kind: 'user', userId };
  return `${row}.ctid = any(array(
    select found.ctid from spend_event found
    where ${entriesOfScope(user, partitions, value, 'found')} and ${isInTime()}
    union all
    select of_team.ctid from member_balance of_her cross join lateral (
      select found.ctid from spend_event found
      where found.partition = of_her.partition and found.scope_type = 'team'
        and found.team_id = of_her.team_id and found.user_id = of_her.user_id and ${isInTime()}
      offset 0) of_team
    where of_her.user_id = ${value(userId)}))`;
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

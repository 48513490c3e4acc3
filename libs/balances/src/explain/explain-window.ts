import { sql, type RawBuilder } from 'kysely';
import {
  partitionOfAccount,
  picoOfDecimal,
  type Account,
  type Instant,
  type Window,
} from '#libs/ledger';
import { storedBounds } from '#libs/wire';
import { ACCOUNT_COLUMNS } from '../account-columns';
import { entriesOf, SPENDS, UNPRICED } from '../account-entries';
import { isIn, readEntries, type Entry } from './entry';
import type { OneInstant } from '#libs/postgres';

/** What an account spent in a window, call by call. */
export interface ExplainedWindow {
  readonly window: Window;
  /** The budgets that count over it. */
  readonly budgetIds: readonly string[];
  /** The sum of all its entries. */
  readonly spentPico: bigint;
  /** The same out of the sums that checks and balances read. */
  readonly balancePico: bigint;
  readonly calls: number;
  readonly corrections: number;
  readonly unpriced: number;
  /** The latest ones, in the order of time. */
  readonly entries: readonly RunningEntry[];
  /** How many there are before them, which make the sum that the first of them is added to. */
  readonly earlier: number;
}

export interface RunningEntry extends Entry {
  /** The sum of the window up to and with it. */
  readonly totalPico: bigint;
}

/** Entries that money was summed from. */
export interface EntrySums {
  readonly spentPico: bigint;
  readonly calls: number;
  readonly corrections: number;
  readonly unpriced: number;
}

/** A window and the budgets that count over it. */
export interface WindowAsked {
  readonly window: Window;
  readonly budgetIds: readonly string[];
}

export async function explainWindow(
  client: OneInstant,
  account: Account,
  { window, budgetIds }: WindowAsked,
  { partitions, most }: { readonly partitions: number; readonly most: number },
): Promise<ExplainedWindow> {
  const condition = sql<boolean>`${entriesOf(account, partitions)} and ${isIn(window)}`;
  const sums = await sumEntries(client, condition);
  const balancePico = await readKeptSum(client, account, window, partitions);
  const entries = await readEntries(client, condition, most);
  const listedPico = entries.reduce((sum, { amountPico = 0n }) => sum + amountPico, 0n);
  return {
    ...{ window, budgetIds, balancePico },
    ...sums,
    entries: withTotals(entries, sums.spentPico - listedPico),
    earlier: sums.calls + sums.corrections - entries.length,
  };
}

export function withTotals(entries: readonly Entry[], beforePico: bigint): RunningEntry[] {
  let totalPico = beforePico;
  return entries.map((entry) => ({ ...entry, totalPico: (totalPico += entry.amountPico ?? 0n) }));
}

/** The sum of the entries `e` that meet a condition. */
export async function sumEntries(
  client: OneInstant,
  condition: RawBuilder<boolean>,
): Promise<EntrySums> {
  const { rows } = await sql<{ spent: string; entries: bigint; calls: bigint; unpriced: bigint }>`
    select coalesce(sum(e.amount), 0) as spent, count(*) as entries, ${SPENDS} as calls,
           ${UNPRICED} as unpriced
    from spend_event e where ${condition}`.execute(client);
  const { spent, entries, calls, unpriced } = rows[0]!;
  return {
    spentPico: picoOfDecimal(spent),
    calls: Number(calls),
    corrections: Number(entries - calls),
    unpriced: Number(unpriced),
  };
}

/** Out of the balance, for all time, or of its buckets, as a budget's window is read. */
async function readKeptSum(
  client: OneInstant,
  account: Account,
  window: Window,
  partitions: number,
): Promise<bigint> {
  const { kind, ids } = ACCOUNT_COLUMNS.find((columns) => columns.kind === account.kind)!;
  const { starts, ends } = storedBounds(window);
  const isAllTime = window.start === null && window.end === null;
  const of = sql.join(ids.map((id) => sql.ref(`e.${id}`)));
  const spent = isAllTime
    ? sql`e.spent`
    : sql`${sql.raw(`${kind}_spent`)}(e.partition, ${of}, ${starts}::timestamptz, ${ends}::timestamptz)`;
  const named = sql.join(
    ids.map((id, at) => sql`${sql.ref(`e.${id}`)} = ${idsOf(account)[at]}`),
    sql` and `,
  );
  const partition = partitionOfAccount(account, partitions);
  const { rows } = await sql<{ spent: string }>`
    select coalesce(sum(${spent}), 0) as spent from ${sql.table(`${kind}_balance`)} e
    where ${named} ${partition === undefined ? sql`` : sql`and e.partition = ${partition}`}`.execute(
    client,
  );
  return picoOfDecimal(rows[0]!.spent);
}

function idsOf(account: Account): readonly string[] {
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

/** The window that has all of some. */
export function spanOf(windows: readonly WindowAsked[]): Window {
  const starts = windows.map(({ window }) => window.start);
  const ends = windows.map(({ window }) => window.end);
  return { start: outermost(starts, (a, b) => a < b), end: outermost(ends, (a, b) => a > b) };
}

function outermost(
  bounds: readonly (Instant | null)[],
  isFurther: (one: Instant, other: Instant) => boolean,
): Instant | null {
  return bounds.reduce((most, bound) =>
    most === null || bound === null ? null : isFurther(bound, most) ? bound : most,
  );
}

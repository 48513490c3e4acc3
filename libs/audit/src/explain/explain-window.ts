import { sql, type RawBuilder } from 'kysely';
import { picoOfDecimal, type Account, type Instant, type Window } from '#libs/ledger';
import { rowsWith, type OneInstant } from '#libs/postgres';
import { storedBounds } from '#libs/wire';
import { entriesOf, keptRowsOf, SPENDS, UNPRICED } from '#libs/balances';
import { isIn, readEntries, type Entry } from './entry';

/** What an account spent in a window, call by call. */
export interface ExplainedWindow {
  readonly window: Window;
  /** The budgets that count over it. */
  readonly budgetIds: readonly string[];
  /** The sum of all its entries. */
  readonly spentPico: bigint;
  /** The same as checks and balances read it; of a window that no budget has, out of the sums that are kept. */
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
  const condition = ofAccountIn(account, window, partitions);
  const sums = await sumEntries(client, condition);
  const kept = await readKeptSums(client, account, { window, budgetIds }, partitions);
  const balancePico = kept.find((each) => each !== sums.spentPico) ?? sums.spentPico;
  const entries = await readLatest(client, condition, sums, most);
  return {
    window,
    budgetIds,
    balancePico,
    ...sums,
    entries,
    earlier: sums.calls + sums.corrections - entries.length,
  };
}

/** The latest of the entries that meet a condition, each with the sum up to it; `sums` are those of all of them. */
export async function readLatest(
  client: OneInstant,
  condition: RawBuilder<boolean>,
  { spentPico }: EntrySums,
  most: number,
): Promise<RunningEntry[]> {
  const entries = await readEntries(client, condition, most);
  let totalPico = entries.reduce((before, { amountPico = 0n }) => before - amountPico, spentPico);
  return entries.map((entry) => ({ ...entry, totalPico: (totalPico += entry.amountPico ?? 0n) }));
}

/** The sum of the entries `entry` that meet a condition. */
export async function sumEntries(
  client: OneInstant,
  condition: RawBuilder<boolean>,
): Promise<EntrySums> {
  const { rows } = await sql<{ spent: string; entries: bigint; calls: bigint; unpriced: bigint }>`
    select coalesce(sum(entry.amount), 0) as spent, count(*) as entries, ${SPENDS} as calls,
           ${UNPRICED} as unpriced
    from spend_event entry where ${condition}`.execute(client);
  const { spent, entries, calls, unpriced } = rows[0]!;
  return {
    spentPico: picoOfDecimal(spent),
    calls: Number(calls),
    corrections: Number(entries - calls),
    unpriced: Number(unpriced),
  };
}

/** Which entries `entry` make up what an account spent in a window. */
export function ofAccountIn(
  account: Account,
  window: Window,
  partitions: number,
): RawBuilder<boolean> {
  return entriesOf(account, partitions, storedBounds(window));
}

/** What lies in none of some windows; `undefined`: nothing can, for one of them is all time. */
export async function sumOutside(
  client: OneInstant,
  account: Account,
  windows: readonly WindowAsked[],
  partitions: number,
): Promise<EntrySums | undefined> {
  if (windows.some(({ window }) => isAllTime(window))) return undefined;
  const isInside = sql.join(
    windows.map(({ window }) => isIn(window)),
    sql` or `,
  );
  return sumEntries(client, sql`${entriesOf(account, partitions)} and not (${isInside})`);
}

const isAllTime = ({ start, end }: Window): boolean => start === null && end === null;

/**
 * Out of the balance, for all time, or as each budget's window is read: what is kept of it beside the balance, or else
 * its buckets.
 */
async function readKeptSums(
  client: OneInstant,
  account: Account,
  { window, budgetIds }: WindowAsked,
  partitions: number,
): Promise<bigint[]> {
  const { starts, ends } = storedBounds(window);
  const tables = keptRowsOf(account, partitions).map(({ kind, ids, columns }) => {
    const names = ids.map((name) => sql.ref(`balance.${name}`));
    const spent = isAllTime(window)
      ? sql`balance.spent`
      : sql`case
        when windows -> budget_id ->> 0 = ${starts} and windows -> budget_id ->> 1 = ${ends}
        then (windows -> budget_id ->> 2)::numeric
        else ${sql.raw(`${kind}_spent`)}(
          balance.partition, ${sql.join(names)}, ${starts}::timestamptz, ${ends}::timestamptz)
      end`;
    return sql`
      select ${spent} as spent from ${sql.table(`${kind}_balance`)} balance
      where ${rowsWith('balance', { scope: null, columns })}`;
  });
  const found = await sql<{ spent: string }>`
    select (select coalesce(sum(kept.spent), 0) from (${sql.join(tables, sql` union all `)}) kept) as spent
    from unnest(${budgetIds.length > 0 ? budgetIds : ['']}::text[]) as budget (budget_id)`.execute(
    client,
  );
  return found.rows.map((row) => picoOfDecimal(row.spent));
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

import { sql } from 'kysely';
import { eachNamedWindowFrom, instantOf, type Instant, type NamedWindow } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { filterOf, isReadByTime, type EntryFilter } from './entry-filter';
import type { TimeUnit } from './spend-groups';

const DAY_MICROS = 86_400_000_000n;
const DAYS_OF: Readonly<Record<TimeUnit, bigint>> = { day: 1n, month: 31n };

export interface WindowLimits {
  /** Most windows. */
  readonly most: number;
  /** Most entries that are looked through for their days. */
  readonly mostEntries: number;
  /** Takes each in turn, with rests in between: to find a window takes a while. */
  readonly inTurns: <T>(items: Iterable<T>, work: (item: T) => void) => Promise<void>;
}

/**
 * The days or months of a zone that some entries lie in, in their order; there may be others among them. Where the
 * entries lie far apart these are the ones around the days that have entries.
 * @returns undefined: more than the most
 */
export async function windowsOfEntries(
  database: Pick<Database, 'kysely'>,
  unit: TimeUnit,
  zone: string,
  filter: EntryFilter,
  partitions: number,
  limits: WindowLimits,
): Promise<readonly NamedWindow[] | undefined> {
  const span = await spanOf(database, filter, partitions);
  if (span === undefined) return [];
  const { first, last } = span;
  const few = (last - first) / (DAYS_OF[unit] * DAY_MICROS) < BigInt(limits.most);
  const days = few ? [{ first, last }] : await daysOf(database, filter, partitions, limits);
  if (days === undefined) return undefined;
  const windows: NamedWindow[] = [];
  await limits.inTurns(windowsAround(unit, zone, days), (window) => windows.push(window));
  return windows.length > limits.most ? undefined : windows;
}

interface Span {
  readonly first: Instant;
  readonly last: Instant;
}

/** Of spans in their order, the windows from the first instant of each to its last, each window once. */
function* windowsAround(
  unit: TimeUnit,
  zone: string,
  spans: readonly Span[],
): Generator<NamedWindow, void> {
  let known: Instant | null | undefined;
  for (const { first, last } of spans) {
    for (const named of eachNamedWindowFrom(unit, zone, first)) {
      const { start, end } = named.window;
      if (start !== null && start > last) break;
      const isNew = known === undefined || (known !== null && start !== null && start >= known);
      if (isNew) yield named;
      if (isNew) known = end;
    }
  }
}

/** By the index of times in each partition, or by that of the account. */
async function spanOf(
  database: Pick<Database, 'kysely'>,
  filter: EntryFilter,
  partitions: number,
): Promise<Span | undefined> {
  const entries = isReadByTime(filter)
    ? sql`select min(of_partition.first) as first, max(of_partition.last) as last
        from generate_series(0, ${partitions}::int - 1) as of (partition)
        cross join lateral (
          select min(entry.time) as first, max(entry.time) as last from spend_event entry
          where entry.partition = of.partition and ${filterOf(filter, partitions)}
        ) of_partition`
    : sql`select min(time) as first, max(time) as last from spend_event entry
        where ${filterOf(filter, partitions)}`;
  const { rows } = await sql<{ first: string | null; last: string | null }>`${entries}`.execute(
    database.kysely,
  );
  const { first, last } = rows[0]!;
  return first === null || last === null
    ? undefined
    : { first: instantOf(first), last: instantOf(last) };
}

/** The days of UTC that have entries. @returns undefined: too many days, or entries */
async function daysOf(
  database: Pick<Database, 'kysely'>,
  filter: EntryFilter,
  partitions: number,
  { most, mostEntries }: WindowLimits,
): Promise<Span[] | undefined> {
  const { rows } = await sql<{ day: string; entries: bigint }>`
    select date_bin('1 day', time, '2000-01-01Z') as day, sum(count(*)) over () as entries
    from (
      select time from spend_event entry where ${filterOf(filter, partitions)}
      limit ${mostEntries + 1}
    ) entry
    group by day order by day limit ${most + 1}`.execute(database.kysely);
  if (rows.length > most || Number(rows[0]?.entries ?? 0) > mostEntries) return undefined;
  return rows.map(({ day }) => {
    const first = instantOf(day);
    return { first, last: first + DAY_MICROS - 1n };
  });
}

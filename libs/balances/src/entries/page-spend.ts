import { sql } from 'kysely';
import {
  formatMoney,
  parsed,
  picoOfDecimal,
  refused,
  type NamedWindow,
  type Parsed,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { filterOf, nameOfFilter } from './entry-filter';
import { isBackwards, type EventsRequest } from './page-events';
import { windowsOfEntries, type WindowLimits } from './name-windows';
import { Page } from './page';
import { readPageToken, writePageToken } from './page-token';
import { groupValue, type NamesOf, type SpendGroup, type TimeUnit } from './spend-groups';

export interface SpendRequest extends EventsRequest {
  readonly groupBy: readonly SpendGroup[];
  /** Of days and months. */
  readonly zone: string;
}

export interface SumLimits {
  /** Most entries that one answer sums. */
  readonly mostEntries: number;
  /** Most days or months. */
  readonly mostWindows: number;
  readonly inTurns: WindowLimits['inTurns'];
}

/** The page; or a sentence that says why the question reads more than its limit. */
export type SpendReading = Parsed<SpendPage> | { readonly tooMuch: string };

/** What a group of entries comes to, beside the values that make it a group; one that they do not have is null. */
export type SpendSum = { readonly [group in SpendGroup]?: string | null } & {
  readonly spent: string;
  /** Spends, those of unknown cost too. */
  readonly calls: number;
  readonly unpriced: number;
  readonly corrections: number;
};

export interface SpendPage {
  readonly items: readonly SpendSum[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

interface Row {
  readonly place: string;
  readonly spent: string;
  readonly calls: bigint;
  readonly unpriced: bigint;
  readonly corrections: bigint;
  /** Of all groups together. */
  readonly entries: string;
}

/** What a sum reads of an entry. */
const SUMMED = sql.join(
  [
    ...(['partition', 'event_key', 'source', 'time', 'scope_type', 'key_id', 'user_id'] as const),
    ...(['team_id', 'model', 'labels', 'amount', 'adjusts_key', 'prices'] as const),
  ].map((column) => sql.ref(`entry.${column}`)),
);

/** Sums entries by groups, in the order of the groups' values. */
export async function pageSpend(
  database: Database,
  request: SpendRequest,
  partitions: number,
  limits: SumLimits,
): Promise<SpendReading> {
  const { groupBy, zone } = request;
  const query = `${nameOfFilter(request)} ${groupBy.join(',')} ${zone}`;
  const after = readPageToken(request.pageToken, query, parsePlace);
  if (!after.ok) return after;
  if (isBackwards(request)) return refused('to', 'range', 'must not be before from');
  // In one snapshot: what comes in between may lie in a day that has no name yet.
  return database.kysely
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((kysely) =>
      sumPage({ kysely }, request, partitions, { after: after.value, query, limits }),
    );
}

async function sumPage(
  database: Pick<Database, 'kysely'>,
  request: SpendRequest,
  partitions: number,
  {
    after,
    query,
    limits,
  }: {
    readonly after: string | undefined;
    readonly query: string;
    readonly limits: SumLimits;
  },
): Promise<SpendReading> {
  const names = await namesOf(database, request, partitions, limits);
  if (names === undefined) {
    return tooMuch(`lies in more than ${limits.mostWindows} days or months`);
  }
  const page = new Page<SpendSum>(request);
  const { mostEntries } = limits;
  const asked = { after, limit: page.limit + 1, mostEntries, names };
  const found = await sumGroups(database, request, partitions, asked);
  if (Number(found[0]?.entries ?? 0) > mostEntries) {
    return tooMuch(`is of more than ${mostEntries} entries`);
  }
  const itemOf = (row: Row) => printSum(row, request.groupBy);
  const last = page.fill(found, itemOf, (item) => item);
  return parsed({
    items: page.items,
    nextPageToken: last ? writePageToken(query, last.place) : '',
  });
}

function tooMuch(why: string): SpendReading {
  return { tooMuch: `This sum ${why}. Ask for one account, or for less time, with from and to.` };
}

async function namesOf(
  database: Pick<Database, 'kysely'>,
  { groupBy, zone, ...filter }: SpendRequest,
  partitions: number,
  { mostWindows: most, mostEntries, inTurns }: SumLimits,
): Promise<NamesOf | undefined> {
  const names: Partial<Record<TimeUnit, readonly NamedWindow[]>> = {};
  const limits = { most, mostEntries, inTurns };
  for (const unit of ['day', 'month'] as const) {
    if (!groupBy.includes(unit)) continue;
    const found = await windowsOfEntries(database, unit, zone, filter, partitions, limits);
    if (found === undefined) return undefined;
    names[unit] = found;
  }
  return names;
}

/** A group's place is its values as a JSON array. */
async function sumGroups(
  database: Pick<Database, 'kysely'>,
  { groupBy, ...filter }: SpendRequest,
  partitions: number,
  asked: {
    readonly after: string | undefined;
    readonly limit: number;
    readonly mostEntries: number;
    readonly names: NamesOf;
  },
): Promise<Row[]> {
  const { after, limit, mostEntries, names } = asked;
  const values = groupBy.map((group) => groupValue(group, names));
  const isNext =
    after === undefined ? sql`true` : sql`sums.place collate "C" > ${after}::text collate "C"`;
  const { rows } = await sql<Row>`
    select * from (
      select jsonb_build_array(${sql.join(values)})::text as place,
             coalesce(sum(amount), 0) as spent,
             count(*) filter (where adjusts_key is null) as calls,
             count(*) filter (where amount is null) - count(*) filter (where prices) as unpriced,
             count(adjusts_key) as corrections,
             sum(count(*)) over () as entries
      from (
        select ${SUMMED} from spend_event entry where ${filterOf(filter, partitions)}
        limit ${mostEntries + 1}
      ) entry
      group by place
    ) sums
    where ${isNext} order by sums.place collate "C" limit ${limit}`.execute(database.kysely);
  return rows;
}

function printSum(row: Row, groupBy: readonly SpendGroup[]): SpendSum {
  const values = JSON.parse(row.place) as (string | null)[];
  return {
    ...Object.fromEntries(groupBy.map((group, n) => [group, values[n]!])),
    spent: formatMoney(picoOfDecimal(row.spent)),
    calls: Number(row.calls),
    unpriced: Number(row.unpriced),
    corrections: Number(row.corrections),
  };
}

function parsePlace(text: string): string | undefined {
  // Postgres takes no U+0000.
  return text.startsWith('[') && text.isWellFormed() && !text.includes('\0') ? text : undefined;
}

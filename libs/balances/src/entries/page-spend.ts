import { sql } from 'kysely';
import { formatMoney, parsed, picoOfDecimal, refused, type Parsed } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { filterOf, nameOfFilter } from './entry-filter';
import { isBackwards, type EventsRequest } from './page-events';
import { sizeOfPage } from './page-size';
import { readPageToken, writePageToken } from './page-token';
import { groupValue, type SpendGroup } from './spend-groups';

export interface SpendRequest extends EventsRequest {
  readonly groupBy: readonly SpendGroup[];
  /** Of days and months. */
  readonly zone: string;
}

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
}

/** Sums entries by groups, in the order of the groups' values. */
export async function pageSpend(
  database: Database,
  request: SpendRequest,
  partitions: number,
): Promise<Parsed<SpendPage>> {
  const { groupBy, zone } = request;
  const query = `${nameOfFilter(request)} ${groupBy.join(',')} ${zone}`;
  const after = readPageToken(request.pageToken, query, parsePlace);
  if (!after.ok) return after;
  if (isBackwards(request)) return refused('to', 'range', 'must not be before from');
  const limit = sizeOfPage(request.pageSize);
  const found = await sumGroups(database, request, partitions, after.value, limit + 1);
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  return parsed({
    items: rows.map((row) => printSum(row, groupBy)),
    nextPageToken: last ? writePageToken(query, last.place) : '',
  });
}

/** A group's place is its values as a JSON array. */
async function sumGroups(
  database: Database,
  { groupBy, zone, ...filter }: SpendRequest,
  partitions: number,
  after: string | undefined,
  limit: number,
): Promise<Row[]> {
  const values = groupBy.map((group) => groupValue(group, zone));
  const isNext =
    after === undefined ? sql`true` : sql`sums.place collate "C" > ${after}::text collate "C"`;
  const { rows } = await sql<Row>`
    select * from (
      select jsonb_build_array(${sql.join(values)})::text as place,
             coalesce(sum(amount), 0) as spent,
             count(*) filter (where adjusts_key is null) as calls,
             count(*) filter (where amount is null) - count(*) filter (where prices) as unpriced,
             count(adjusts_key) as corrections
      from spend_event entry where ${filterOf(filter, partitions)}
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

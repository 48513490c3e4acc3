import { sql, type RawBuilder, type Transaction } from 'kysely';
import { formatPosition, instantOf } from '#libs/ledger';
import { atOneInstant, type Database, type QuarantineTable, type Tables } from '#libs/postgres';
import type { ExportHead, PriceBookRow, RevisionRow } from '#libs/wire';
import { ENTRY_COLUMNS, type EntryRow } from '#libs/balances';
import { exportedEntries, partitionsOf, printFilter, type ExportFilter } from './export-filter';
import { mergePages, type NextPage, type Ordered } from './merge-pages';

/** What is exported, but for what stands aside: in the order in which the ledger came to know of it. */
export type ExportedFact = Ordered &
  (
    | { readonly kind: 'entry'; readonly row: EntryRow }
    | { readonly kind: 'budget'; readonly row: RevisionRow }
    | { readonly kind: 'prices'; readonly row: PriceBookRow }
  );

/** Takes an export as it is read; the next rows are read when it is done with these. */
export interface ExportTaker {
  /** @param at what the export shows is as it was then */
  begin(head: ExportHead, at: string): Promise<void>;
  quarantined(rows: readonly QuarantineTable[]): Promise<void>;
  facts(facts: readonly ExportedFact[]): Promise<void>;
}

export interface ExportLimits {
  /** Most rows of all partitions that are held at once. */
  readonly rows: number;
  /** Least rows of one partition that are fetched at once. */
  readonly leastPage: number;
}

export const EXPORT_LIMITS: ExportLimits = { rows: 9000, leastPage: 25 };

/**
 * Reads a ledger, or what of its entries a filter chooses, in one snapshot: what is written meanwhile is not in it. Each
 * partition comes in the order of the log.
 */
export async function readExport(
  database: Database,
  filter: ExportFilter,
  taker: ExportTaker,
  limits = EXPORT_LIMITS,
): Promise<void> {
  await atOneInstant(database, async (snapshot) => {
    // The reader of the rows may be slow: a pager, a network. It has as long as a statement has.
    await sql`
        select set_config('idle_in_transaction_session_timeout', current_setting('statement_timeout'), true),
               set_config('cursor_tuple_fraction', '1', true)`.execute(snapshot);
    const { head, at } = await readHead(snapshot, filter);
    const whole = head.filter === undefined;
    const partitions = partitionsOf(filter, head.partitions);
    const size = Math.max(limits.leastPage, Math.floor(limits.rows / (2 * partitions.length + 3)));
    await taker.begin(head, at);
    if (whole) await readQuarantined(snapshot, size, taker);
    const sources = [];
    for (const partition of partitions) {
      const isWanted = sql`entry.partition = ${partition} and ${exportedEntries(filter, head.partitions)}`;
      sources.push(await entriesOf(snapshot, `entries_${partition}`, isWanted, size));
    }
    if (whole) sources.push(await budgetsOf(snapshot, size), await pricesOf(snapshot, size));
    await mergePages(sources, size, (facts) => taker.facts(facts));
  });
}

async function readHead(snapshot: Transaction<Tables>, filter: ExportFilter) {
  const ledger = await snapshot
    .selectFrom('ledger')
    .select(['id', 'currency', 'partitions', sql<string>`ledger_now()`.as('at')])
    .executeTakeFirstOrThrow();
  const reached = await snapshot
    .selectFrom('projection_partition')
    .select(['partition', 'next_offset', 'known_at'])
    .where('next_offset', '>', 0n)
    .execute();
  const months = await snapshot.selectFrom('closed_month').selectAll().execute();
  const chosen = printFilter(filter);
  const head: ExportHead = {
    ledgerId: ledger.id,
    currency: ledger.currency,
    partitions: ledger.partitions,
    position: formatPosition(new Map(reached.map((row) => [row.partition, row.next_offset]))),
    knownAt: Object.fromEntries(
      reached.flatMap(({ partition, known_at }) =>
        known_at === null ? [] : [[partition, known_at]],
      ),
    ),
    ...(chosen && { filter: chosen }),
    closedMonths: months.map((row) => ({
      month: row.month,
      zone: row.zone,
      knownAt: row.known_at,
      closedAt: row.closed_at,
      closedBy: row.closed_by,
    })),
  };
  return { head, at: ledger.at };
}

async function readQuarantined(snapshot: Transaction<Tables>, size: number, taker: ExportTaker) {
  const next = await openCursor<QuarantineTable>(
    snapshot,
    'quarantined',
    sql`select * from quarantine order by partition, log_offset`,
    size,
  );
  for (let rows = await next(); rows.length > 0; rows = await next()) await taker.quarantined(rows);
}

/** By the index of offsets, or by that of an account where one is asked for. */
async function entriesOf(
  snapshot: Transaction<Tables>,
  name: string,
  isWanted: RawBuilder<unknown>,
  size: number,
): Promise<NextPage<ExportedFact>> {
  const rows = sql`select ${ENTRY_COLUMNS} from spend_event entry where ${isWanted} order by entry.log_offset`;
  const next = await openCursor<EntryRow>(snapshot, name, rows, size);
  return async () =>
    (await next()).map((row) => ({
      ...{ kind: 'entry', row, partition: row.partition },
      knownAt: instantOf(row.known_at),
    }));
}

async function budgetsOf(
  snapshot: Transaction<Tables>,
  size: number,
): Promise<NextPage<ExportedFact>> {
  const rows = sql`select * from budget_revision order by known_at, partition`;
  const next = await openCursor<RevisionRow>(snapshot, 'budgets', rows, size);
  return async () =>
    (await next()).map((row) => ({
      ...{ kind: 'budget', row, partition: row.partition },
      knownAt: instantOf(row.known_at),
    }));
}

/** A row is half a MiB at most. */
const MOST_PRICES = 20;

async function pricesOf(
  snapshot: Transaction<Tables>,
  size: number,
): Promise<NextPage<ExportedFact>> {
  const rows = sql`select * from price_book order by known_at, partition`;
  const most = Math.min(size, MOST_PRICES);
  const next = await openCursor<PriceBookRow>(snapshot, 'prices', rows, most);
  return async () =>
    (await next()).map((row) => ({
      ...{ kind: 'prices', row, partition: row.partition },
      knownAt: instantOf(row.known_at),
    }));
}

/** Rows stay on the server until they are asked for; while a page is worked on, the next one is under way. */
async function openCursor<Row>(
  snapshot: Transaction<Tables>,
  name: string,
  rows: RawBuilder<unknown>,
  size: number,
): Promise<NextPage<Row>> {
  await sql`declare ${sql.id(name)} no scroll cursor for ${rows}`.execute(snapshot);
  const fetch = sql<Row>`fetch forward ${sql.lit(size)} from ${sql.id(name)}`;
  const ask = () => {
    const page = fetch.execute(snapshot);
    // Told to who awaits it, if anybody still does.
    page.catch(() => undefined);
    return page;
  };
  let ahead = ask();
  return async () => {
    const { rows } = await ahead;
    if (rows.length > 0) ahead = ask();
    return rows;
  };
}

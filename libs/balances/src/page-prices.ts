import {
  formatInstant,
  instantOf,
  parsed,
  parseInstant,
  partitionOfPrices,
  type Instant,
  type ModelPriceDocument,
  type Parsed,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { readPriceDocument, type PriceBookRow } from '#libs/wire';
import { sql } from 'kysely';
import { Page, type PageSize } from './entries/page';
import { readPageToken, writePageToken } from './entries/page-token';

/** A version of the prices, as lists have it. */
export interface PricesHead {
  readonly version: string;
  readonly currency: string;
  readonly modelCount: number;
  /** When it was put on record. */
  readonly recordedAt: string;
}

/** A version of the prices, as callers see it. */
export interface PricesDocument {
  readonly version: string;
  readonly currency: string;
  readonly models: readonly ModelPriceDocument[];
  readonly recordedAt: string;
  readonly caller: string;
  readonly position: string;
}

export interface PricesPage {
  readonly items: readonly PricesHead[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

interface Place {
  readonly recordedAt: Instant;
  readonly version: string;
}

interface HeadRow {
  readonly version: string;
  readonly currency: string;
  readonly models: number;
  readonly recorded_at: string;
}

/** Versions of the prices, the newest first. Those that come meanwhile stand before the first page. */
export async function pagePrices(
  { kysely }: Database,
  request: PageSize & { readonly pageToken: string | undefined },
): Promise<Parsed<PricesPage>> {
  const before = readPageToken(request.pageToken, 'prices', placeOf);
  if (!before.ok) return before;
  const page = new Page<PricesHead>(request);
  const place = before.value;
  const isBefore = place
    ? sql`(recorded_at, version) < (${formatInstant(place.recordedAt)}::timestamptz, ${place.version})`
    : sql`true`;
  const { rows } = await sql<HeadRow>`
    select version, recorded_at, document::jsonb ->> 'currency' as currency,
           jsonb_array_length(document::jsonb -> 'models') as models
    from price_book where ${isBefore}
    order by recorded_at desc, version desc limit ${page.limit + 1}`.execute(kysely);
  const last = page.fill(rows, printHead, (item) => item);
  return parsed({
    items: page.items,
    nextPageToken: last ? writePageToken('prices', `${last.recorded_at} ${last.version}`) : '',
  });
}

/** One version of the prices. */
export async function findPrices(
  { kysely }: Database,
  version: string,
  partitions: number,
): Promise<PricesDocument | undefined> {
  const row = await kysely
    .selectFrom('price_book')
    .selectAll()
    .where('partition', '=', partitionOfPrices(version, partitions))
    .where('version', '=', version)
    .executeTakeFirst();
  return row && printPrices(row);
}

function printHead(row: HeadRow): PricesHead {
  return {
    ...{ version: row.version, currency: row.currency, modelCount: row.models },
    recordedAt: formatInstant(instantOf(row.recorded_at)),
  };
}

function printPrices(row: PriceBookRow): PricesDocument {
  return {
    ...readPriceDocument(row),
    recordedAt: formatInstant(instantOf(row.recorded_at)),
    caller: row.caller,
    position: `${row.partition}:${row.log_offset + 1n}`,
  };
}

function placeOf(text: string): Place | undefined {
  const space = text.indexOf(' ');
  const at = parseInstant(text.slice(0, space), 'pageToken');
  const version = text.slice(space + 1);
  const isText = version !== '' && version.isWellFormed() && !version.includes('\0');
  return at.ok && isText ? { recordedAt: at.value, version } : undefined;
}

import type { PriceBookDocument } from '#libs/ledger';
import { EVENT_TYPES } from './event-type';
import { priceBookId } from './write-event';

/** A version of the prices as the projection has it; times as the ledger prints them. */
export interface PriceBookRow {
  readonly partition: number;
  readonly version: string;
  /** JSON text. */
  readonly document: string;
  readonly log_offset: bigint;
  readonly recorded_at: string;
  readonly known_at: string;
  readonly caller: string;
  readonly content_hash: string;
}

/** What a version of the prices says. */
export function readPriceDocument({ document }: Pick<PriceBookRow, 'document'>): PriceBookDocument {
  return JSON.parse(document) as PriceBookDocument;
}

/** The CloudEvent that a version of the prices was. */
export function pricesSetDocument(row: PriceBookRow): object {
  return {
    specversion: '1.0',
    ...priceBookId(row.version),
    type: EVENT_TYPES.pricesSet,
    time: row.recorded_at,
    datacontenttype: 'application/json',
    recordedat: row.recorded_at,
    knownat: row.known_at,
    position: `${row.partition}:${row.log_offset + 1n}`,
    caller: row.caller,
    contenthash: row.content_hash,
    data: readPriceDocument(row),
  };
}

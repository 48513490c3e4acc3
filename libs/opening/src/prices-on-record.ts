import type { PriceBook } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { WakeableLoop, type ProcessTools } from '#libs/runtime';
import { eventKeyOf, priceBookHash, priceBookId } from '#libs/wire';
import { openPrices, type OpenPrices } from './open-prices';

const POLL_MS = 250;

/** Where a version of the prices stands; a refusal says why it may not be in force, and continues the file's name. */
export type Standing = 'on_record' | 'not_yet' | { readonly refusal: string };

export interface PricesOnRecordParts {
  readonly currency: string;
  readonly database: Pick<Database, 'kysely'>;
  /** For the process that puts versions on record; without it, another process does. */
  readonly put?: (book: PriceBook) => Promise<Standing>;
}

/**
 * PRICES_FILE, whose versions say one thing for ever: one that turns out to be on record with other content prices
 * nothing from then on.
 * @throws StartRefused
 */
export async function openPricesOnRecord(
  path: string | undefined,
  tools: Pick<ProcessTools, 'logger' | 'metrics'>,
  { currency, database, put }: PricesOnRecordParts,
): Promise<OpenPrices> {
  const lookUp = (book: PriceBook) => standingOf(database, book);
  let settled: PriceBook | undefined;
  let withdrawn: PriceBook | undefined;
  const prices = await openPrices(path, tools, {
    currency,
    accept: async (book) => {
      const known = await lookUp(book);
      // What fails now is tried again below, which says so; until then no spend can be recorded either.
      const standing = known === 'not_yet' && put ? await put(book).catch(() => known) : known;
      if (standing === 'on_record') settled = book;
      return refusalOf(standing);
    },
  });
  const loop = new WakeableLoop({
    round: async () => {
      const book = prices.current;
      if (book === undefined || book === settled || book === withdrawn) return;
      const standing = await (put ?? lookUp)(book);
      if (standing === 'on_record') settled = book;
      const refusal = refusalOf(standing);
      if (refusal === undefined) return;
      withdrawn = book;
      tools.logger.error(`PRICES_FILE is "${path}", ${refusal}. Nothing is priced until then.`);
    },
    pauseMs: 0,
    pollMs: POLL_MS,
    retryMs: POLL_MS,
    onError: (error) => tools.logger.error(error, 'looking for the prices on record'),
  });
  if (path !== undefined) loop.start();
  return {
    get current() {
      return prices.current === withdrawn ? undefined : prices.current;
    },
    close: async () => {
      await prices.close();
      await loop.stop();
    },
  };
}

async function standingOf(
  { kysely }: Pick<Database, 'kysely'>,
  book: PriceBook,
): Promise<Standing> {
  const claim = await kysely
    .selectFrom('event_claim')
    .select('content_hash')
    .where('event_key', '=', eventKeyOf(priceBookId(book.version)))
    .executeTakeFirst();
  return claim === undefined ? 'not_yet' : standingUnder(claim.content_hash, book);
}

/** @param hash of the content that the version is on record with */
export function standingUnder(hash: string, book: PriceBook): Standing {
  if (hash === priceBookHash(book)) return 'on_record';
  const refusal = `whose version "${book.version}" is on record with other content: give it another version`;
  return { refusal };
}

function refusalOf(standing: Standing): string | undefined {
  return typeof standing === 'string' ? undefined : standing.refusal;
}

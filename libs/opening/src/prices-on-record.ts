import type { PriceBook } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { WakeableLoop, type ProcessTools } from '#libs/runtime';
import { priceBookHash } from '#libs/wire';
import {
  hashOnRecord,
  openPrices,
  otherPrices,
  refuseOtherPrices,
  type OpenPrices,
} from './open-prices';

const POLL_MS = 250;

/**
 * PRICES_FILE for a process that puts no version on record itself. One that another process puts on record later with
 * other content prices nothing from then on.
 * @throws StartRefused
 */
export async function openPricesOnRecord(
  path: string | undefined,
  tools: Pick<ProcessTools, 'logger' | 'metrics'>,
  { currency, database }: { readonly currency: string; readonly database: Database },
): Promise<OpenPrices> {
  const prices = await openPrices(path, tools, {
    currency,
    accept: (book) => refuseOtherPrices(database, book),
  });
  let onRecord: PriceBook | undefined;
  let withdrawn: PriceBook | undefined;
  const loop = new WakeableLoop({
    round: async () => {
      const book = prices.current;
      if (book === undefined || book === onRecord || book === withdrawn) return;
      const hash = await hashOnRecord(database, book);
      if (hash === undefined) return;
      if (hash === priceBookHash(book)) onRecord = book;
      else {
        withdrawn = book;
        tools.logger.error(
          `PRICES_FILE is "${path}", ${otherPrices(book)}. Nothing is priced until then.`,
        );
      }
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

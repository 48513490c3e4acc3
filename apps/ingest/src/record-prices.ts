import { partitionOfPrices, type PriceBook, type PricesInForce } from '#libs/ledger';
import { openPrices, otherPrices, refuseOtherPrices } from '#libs/opening';
import { leaveInOutbox, type Database } from '#libs/postgres';
import { WakeableLoop, type ProcessTools } from '#libs/runtime';
import { eventKeyOf, priceBookHash, priceBookId, writePriceBook } from '#libs/wire';
import { claimEvents } from './claim-events';
import type { ClaimRestoration } from './claim-restoration';

/** Nobody but the file says what prices are. */
const CALLER = 'ledger';
const POLL_MS = 250;

export interface IngestPrices extends PricesInForce {
  close(): Promise<void>;
}

interface PriceParts {
  readonly database: Database;
  readonly partitions: number;
  readonly currency: string;
  readonly claims: Pick<ClaimRestoration, 'isComplete'>;
}

/**
 * Reads PRICES_FILE, and puts each version that is taken on record. While nobody knows yet which versions the log has,
 * none can be claimed, and no spend can be recorded either: the version waits.
 * @throws StartRefused
 */
export async function openIngestPrices(
  path: string | undefined,
  tools: Pick<ProcessTools, 'logger' | 'metrics'>,
  parts: PriceParts,
): Promise<IngestPrices> {
  const { database, claims } = parts;
  let waiting: PriceBook | undefined;
  let withdrawn: PriceBook | undefined;
  const recordWaiting = async (): Promise<string | undefined> => {
    const book = waiting;
    if (book === undefined || !(await claims.isComplete())) return undefined;
    const refusal = await recordPrices(parts, book);
    if (waiting === book) waiting = undefined;
    return refusal;
  };
  const prices = await openPrices(path, tools, {
    currency: parts.currency,
    accept: async (book) => {
      const refusal = await refuseOtherPrices(database, book);
      if (refusal !== undefined) return refusal;
      waiting = book;
      // What fails now is tried again below, which says so; until then no spend can be recorded either.
      return recordWaiting().catch(() => undefined);
    },
  });
  const loop = new WakeableLoop({
    round: async () => {
      const book = waiting;
      const refusal = await recordWaiting();
      if (refusal === undefined) return;
      withdrawn = book;
      tools.logger.error(`PRICES_FILE is "${path}", ${refusal}. Nothing is priced until then.`);
    },
    ...{ pauseMs: 0, pollMs: POLL_MS, retryMs: POLL_MS },
    onError: (error) => tools.logger.error(error, 'putting the prices on record'),
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

/**
 * Claims a version of the prices and, in the same transaction, leaves its record in the outbox: several processes put
 * it on record once. @returns why it may not be in force
 */
export async function recordPrices(
  { database, partitions }: Pick<PriceParts, 'database' | 'partitions'>,
  book: PriceBook,
): Promise<string | undefined> {
  const eventKey = eventKeyOf(priceBookId(book.version));
  const contentHash = priceBookHash(book);
  const partition = partitionOfPrices(book.version, partitions);
  return database.atomically(async (client) => {
    const claims = await claimEvents(client, [{ eventKey, contentHash, partition }]);
    const { isNew, recordedAt, ...held } = claims.get(eventKey)!;
    if (!isNew) return held.contentHash === contentHash ? undefined : otherPrices(book);
    const record = writePriceBook(book, { recordedAt, caller: CALLER });
    await leaveInOutbox(client, [{ eventKey, partition, record }]);
    return undefined;
  });
}

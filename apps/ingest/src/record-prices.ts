import { partitionOfPrices, type PriceBook } from '#libs/ledger';
import { openPricesOnRecord, standingUnder, type OpenPrices, type Standing } from '#libs/opening';
import { leaveInOutbox, type Database } from '#libs/postgres';
import { claimEvents } from '#libs/recording';
import type { ProcessTools } from '#libs/runtime';
import { eventKeyOf, priceBookHash, priceBookId, writePriceBook } from '#libs/wire';
import type { ClaimRestoration } from './claim-restoration';

/** Nobody but the file says what prices are. */
const CALLER = 'ledger';

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
export function openIngestPrices(
  path: string | undefined,
  tools: Pick<ProcessTools, 'logger' | 'metrics'>,
  parts: PriceParts,
): Promise<OpenPrices> {
  const { currency, database, claims } = parts;
  return openPricesOnRecord(path, tools, {
    currency,
    database,
    put: async (book) => ((await claims.isComplete()) ? recordPrices(parts, book) : 'not_yet'),
  });
}

/**
 * Claims a version of the prices and, in the same transaction, leaves its record in the outbox: several processes put
 * it on record once.
 */
export async function recordPrices(
  { database, partitions }: Pick<PriceParts, 'database' | 'partitions'>,
  book: PriceBook,
): Promise<Standing> {
  const eventKey = eventKeyOf(priceBookId(book.version));
  const contentHash = priceBookHash(book);
  const partition = partitionOfPrices(book.version, partitions);
  return database.atomically(async (client) => {
    const claims = await claimEvents(client, [{ eventKey, contentHash, partition }]);
    const { isNew, recordedAt, ...held } = claims.get(eventKey)!;
    if (!isNew) return standingUnder(held.contentHash, book);
    const record = writePriceBook(book, { recordedAt, caller: CALLER });
    await leaveInOutbox(client, [{ eventKey, partition, record }]);
    return 'on_record';
  });
}

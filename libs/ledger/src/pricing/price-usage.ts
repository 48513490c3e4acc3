import type { Instant } from '../instant';
import type { Spend } from '../spend';
import { costPico } from './cost';
import { priceOf, type PriceBook } from './price-book';

/** The prices that count now. */
export interface PricesInForce {
  /** `undefined`: nothing has a price. */
  readonly current: PriceBook | undefined;
}

/** Of a ledger without PRICES_FILE. */
export const NO_PRICES: PricesInForce = { current: undefined };

/** What is said of a call's cost, and what the ledger makes of it. */
export type Priceable = Pick<Spend, 'amountPico' | 'usage' | 'pricedBy' | 'model'>;

/**
 * Prices what says its usage, by the price in force at `at`. What says an amount stays as it is; so does what the book
 * has no price for, or what there is no book for: its cost is unknown.
 */
export function priceUsage<T extends Priceable>(
  said: T,
  book: PriceBook | undefined,
  at: Instant,
): T {
  const { usage, model } = said;
  if (usage === undefined || model === undefined || book === undefined) return said;
  const price = priceOf(book, model, at);
  if (price === undefined) return said;
  return { ...said, amountPico: costPico(price, usage), pricedBy: book.version };
}

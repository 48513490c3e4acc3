import { sql } from 'kysely';
import {
  costLines,
  costPico,
  parsePriceBook,
  priceOf,
  type CostLine,
  type PriceBook,
} from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import type { Pricing } from '#libs/wire';

/** How an amount came about: what was used, and by which prices. */
export interface Priced extends Pricing {
  /** Empty where the prices are not on record, or have none for the model. */
  readonly lines: readonly CostLine[];
  /** What they come to; `undefined` likewise. */
  readonly comesToPico: bigint | undefined;
}

/** Computes amounts again, by the versions of the prices that they name. */
export async function priceAgain(
  client: OneInstant,
  pricings: readonly Pricing[],
): Promise<readonly Priced[]> {
  const books = await readBooks(client, [...new Set(pricings.map(({ version }) => version))]);
  return pricings.map((pricing) => {
    const { version, model, at, usage } = pricing;
    const book = books.get(version);
    const price = book && priceOf(book, model, at);
    return price
      ? { ...pricing, lines: costLines(price, usage), comesToPico: costPico(price, usage) }
      : { ...pricing, lines: [], comesToPico: undefined };
  });
}

async function readBooks(
  client: OneInstant,
  versions: readonly string[],
): Promise<ReadonlyMap<string, PriceBook>> {
  const books = new Map<string, PriceBook>();
  // One after the other: a book is half a MiB at most.
  for (const version of versions) {
    const { rows } = await sql<{ document: string }>`
      select document from price_book where version = ${version} limit 1`.execute(client);
    const book = rows[0] && parsePriceBook(JSON.parse(rows[0].document), {});
    if (book?.ok) books.set(version, book.value);
  }
  return books;
}

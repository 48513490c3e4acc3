import type { Instant } from '../instant';
import { fitsPieces, starPieces } from '../star-pattern';

/** What a model costs from an instant on. Prices are 10^-12 units a token: a price for a million tokens has 6 decimals. */
export interface ModelPrice {
  readonly match: string;
  /** Before it the price is not in force; absent: it always was. */
  readonly from?: Instant;
  readonly inputPico: bigint;
  readonly cachedInputPico: bigint;
  readonly cacheWritePico: bigint;
  readonly outputPico: bigint;
  readonly reasoningPico: bigint;
  /** 10^-12 units for each call. */
  readonly perRequestPico: bigint;
  /** Most tokens that the model answers with, where the operator says so. */
  readonly maxOutput?: number;
}

/** A version of the operator's prices: what a file says, and the prices as they are looked up. */
export interface PriceBook {
  readonly version: string;
  readonly currency: string;
  readonly document: PriceBookDocument;
  /** By the model's exact name; the latest `from` first. */
  readonly named: ReadonlyMap<string, readonly ModelPrice[]>;
  /** In the order in which they are asked. */
  readonly patterns: readonly PricePattern[];
}

export interface PricePattern {
  /** What stands between the stars: two at least. */
  readonly pieces: readonly string[];
  /** The latest `from` first. */
  readonly prices: readonly ModelPrice[];
}

/** The file's content as it stands on the log: decimal strings as money is printed, times in UTC, absent members left out. */
export interface PriceBookDocument {
  readonly version: string;
  readonly currency: string;
  readonly models: readonly ModelPriceDocument[];
}

export interface ModelPriceDocument {
  readonly match: string;
  readonly from?: string;
  readonly input: string;
  readonly cachedInput?: string;
  readonly cacheWrite?: string;
  readonly output: string;
  readonly reasoning?: string;
  readonly perRequest?: string;
  readonly maxOutput?: number;
}

/** @param models in the order of the file, no two of one `match` and one `from` */
export function priceBookOf(document: PriceBookDocument, models: readonly ModelPrice[]): PriceBook {
  const byMatch = new Map<string, ModelPrice[]>();
  for (const price of models) {
    const prices = byMatch.get(price.match);
    if (prices === undefined) byMatch.set(price.match, [price]);
    else prices.push(price);
  }
  const named = new Map<string, readonly ModelPrice[]>();
  const patterns: PricePattern[] = [];
  // A sort keeps the file's order where it says nothing else.
  for (const [match, prices] of [...byMatch].sort(([a], [b]) => b.length - a.length)) {
    prices.sort(latestFirst);
    if (match.includes('*')) patterns.push({ pieces: starPieces(match), prices });
    else named.set(match, prices);
  }
  return { version: document.version, currency: document.currency, document, named, patterns };
}

/**
 * The price of a model for a call at `at`, of those in force by then: the exact name before a pattern, the longest
 * pattern first, of equally long ones the first of the file; then the latest `from`.
 * @returns `undefined`: the cost of the call is unknown, which is not zero
 */
export function priceOf(book: PriceBook, model: string, at: Instant): ModelPrice | undefined {
  const named = inForce(book.named.get(model), at);
  if (named !== undefined) return named;
  for (const { pieces, prices } of book.patterns) {
    const price = fitsPieces(model, pieces) ? inForce(prices, at) : undefined;
    if (price !== undefined) return price;
  }
  return undefined;
}

function inForce(prices: readonly ModelPrice[] | undefined, at: Instant): ModelPrice | undefined {
  return prices?.find(({ from }) => from === undefined || from <= at);
}

function latestFirst({ from: a }: ModelPrice, { from: b }: ModelPrice): number {
  if (a === undefined) return 1;
  return b === undefined || a > b ? -1 : 1;
}

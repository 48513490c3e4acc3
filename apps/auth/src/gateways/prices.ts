import type { PriceBook } from '#libs/ledger';

/** The operator's prices, as far as this process knows them. */
export interface Prices {
  /** Those in force; `undefined`: there are none. */
  readonly current: PriceBook | undefined;
  /** A version that was in force when a call was admitted; `undefined`: this process never had it, or long ago. */
  ofVersion(version: string): PriceBook | undefined;
}

/** Most versions that are kept for calls that were admitted under them. */
const MOST_VERSIONS = 20;

/** Prices that change while calls are under way: each call is charged by the version that it was admitted under. */
export class KnownPrices implements Prices {
  private readonly byVersion = new Map<string, PriceBook>();

  constructor(private readonly prices: Pick<Prices, 'current'>) {}

  get current(): PriceBook | undefined {
    const { current: book } = this.prices;
    if (book !== undefined && this.byVersion.get(book.version) !== book) this.keep(book);
    return book;
  }

  ofVersion(version: string): PriceBook | undefined {
    return this.byVersion.get(version);
  }

  private keep(book: PriceBook): void {
    this.byVersion.set(book.version, book);
    if (this.byVersion.size <= MOST_VERSIONS) return;
    const [oldest] = this.byVersion.keys();
    this.byVersion.delete(oldest!);
  }
}

import type { PriceBook } from '#libs/ledger';

/** The operator's prices, as far as this process knows them. */
export interface Prices {
  /** Those in force; `undefined`: there are none. */
  readonly current: PriceBook | undefined;
  /** A version that was in force when a call was admitted; `undefined`: this process never had it, or long ago. */
  ofVersion(version: string): PriceBook | undefined;
}

export interface PricesFile {
  readonly current: PriceBook;
  onChange(listener: (book: PriceBook) => void): void;
}

/** Most versions that are kept for calls that were admitted under them. */
const MOST_VERSIONS = 20;

/** Prices out of a file that changes while calls are under way: each is charged by the version that it was admitted under. */
export class KnownPrices implements Prices {
  private readonly byVersion = new Map<string, PriceBook>();

  /** @param file `undefined`: the operator has none */
  constructor(private readonly file: PricesFile | undefined) {
    if (file === undefined) return;
    this.keep(file.current);
    file.onChange((book) => this.keep(book));
  }

  get current(): PriceBook | undefined {
    return this.file?.current;
  }

  ofVersion(version: string): PriceBook | undefined {
    return this.byVersion.get(version);
  }

  private keep(book: PriceBook): void {
    this.byVersion.delete(book.version);
    this.byVersion.set(book.version, book);
    if (this.byVersion.size <= MOST_VERSIONS) return;
    const [oldest] = this.byVersion.keys();
    this.byVersion.delete(oldest!);
  }
}

import type { PriceBook } from '#libs/ledger';

/** The operator's prices, as far as this process knows them. */
export interface Prices {
  /** Those in force; `undefined`: there are none. */
  readonly current: PriceBook | undefined;
  /** A version that was in force when a call was admitted. */
  ofVersion(version: string): PriceBook | undefined;
}

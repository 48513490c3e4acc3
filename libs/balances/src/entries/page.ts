import { sizeOfPage } from './page-size';

/** How large a page is that a caller asks for. */
export interface PageSize {
  readonly pageSize?: number | undefined;
  /** Bytes of JSON after which a page ends early; the process that answers sets it. */
  readonly maxBytes?: number | undefined;
}

/** A page that ends early takes no long turn of its process, and is far below the 4 MiB of the largest answer. */
const MAX_BYTES = 1024 * 1024;

/** What one page holds: so many items, and of so many bytes; a first one stands there however large it is. */
export class Page<Item> {
  readonly items: Item[] = [];
  readonly limit: number;
  private spareBytes: number;

  constructor({ pageSize, maxBytes = MAX_BYTES }: PageSize) {
    this.limit = sizeOfPage(pageSize);
    this.spareBytes = maxBytes;
  }

  /**
   * @param printed as it is answered
   * @returns whether it stands on this page; if not, another page begins with it
   */
  add(item: Item, printed: object): boolean {
    if (this.items.length >= this.limit) return false;
    this.spareBytes -= Buffer.byteLength(JSON.stringify(printed)) + 1;
    if (this.spareBytes < 0 && this.items.length > 0) return false;
    this.items.push(item);
    return true;
  }

  /** Takes rows of which there is one more than the limit, if there are more. @returns the last, if more follow it */
  fill<Row>(rows: readonly Row[], itemOf: (row: Row) => Item, print: (item: Item) => object) {
    for (const [n, row] of rows.entries()) {
      const item = itemOf(row);
      if (!this.add(item, print(item))) return rows[n - 1];
    }
    return undefined;
  }
}

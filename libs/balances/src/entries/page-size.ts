const DEFAULT_SIZE = 100;
const MAX_SIZE = 1000;

/** How many a page has (AIP-158): what is absent or zero takes the default, and more than 1,000 are cut to that. */
export function sizeOfPage(pageSize: number | undefined): number {
  return Math.min(pageSize || DEFAULT_SIZE, MAX_SIZE);
}

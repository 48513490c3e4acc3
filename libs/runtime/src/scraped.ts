import { within } from './within';

/** Longest that a scrape of the metrics waits for what is read elsewhere. */
const WAIT_MS = 1_000;

/**
 * What the metrics read elsewhere: one reading at a time, for all who ask meanwhile. Prometheus gives a scrape up as a
 * whole, so one that waits for a Postgres which stands still would lose every other figure too.
 */
export class Scraped<T> {
  private underWay: Promise<T | undefined> | undefined;

  constructor(
    private readonly look: () => Promise<T>,
    private readonly waitMs = WAIT_MS,
  ) {}

  /** @returns `undefined`: there is no answer in time, or none at all */
  async read(): Promise<T | undefined> {
    this.underWay ??= this.look()
      .catch(() => undefined)
      .finally(() => (this.underWay = undefined));
    return within(this.underWay, this.waitMs, () => undefined);
  }
}

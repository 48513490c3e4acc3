import { isCancelledStatement } from './dependency-failure';
import { Problem } from './problem';

export interface ReadLimits {
  /** Most that are read at once. */
  readonly concurrency: number;
  /** Most that wait for their turn; more are refused. */
  readonly maxQueue: number;
  /** How long one waits for its turn; then it is refused. */
  readonly waitMs: number;
}

/** Reads that may be long: so many at once, from a source of their own, so that no other work waits for them. */
export class BoundedReads<Source> {
  private readonly waiting: (() => void)[] = [];
  private underWay = 0;

  constructor(
    private readonly source: Source,
    private readonly limits: ReadLimits,
  ) {}

  /** How many wait for their turn. */
  get queued(): number {
    return this.waiting.length;
  }

  /** @throws Problem `overloaded`: too many wait, or one waited or read for too long; else what the reading throws */
  async read<T>(ask: (source: Source) => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await ask(this.source);
    } catch (error) {
      throw isCancelledStatement(error) ? overloaded(error) : error;
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    const { concurrency, maxQueue, waitMs } = this.limits;
    if (this.underWay < concurrency) {
      this.underWay += 1;
      return;
    }
    if (this.waiting.length >= maxQueue) throw overloaded();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(begin), 1);
        reject(overloaded());
      }, waitMs);
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiting.push(begin);
    });
  }

  /** The place goes to the next one that waits. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.underWay -= 1;
    else next();
  }
}

function overloaded(cause?: unknown): Problem {
  const detail = 'Too many long reads are under way. Send it again later, or ask for less.';
  return new Problem('overloaded', detail, { retryAfterSeconds: 1, cause });
}

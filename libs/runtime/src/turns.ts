/** How long a turn lasts. Other work waits for the event loop for a few turns at most. */
const TURN_MS = 5;

/**
 * Lets long work of several requests take turns, so that none of it keeps others waiting: one turn of one request for
 * each round of the event loop.
 */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private isScheduled = false;
  private endsAt = 0;

  constructor(
    private readonly turnMs = TURN_MS,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {}

  /** Works on one item after the other, in their order. What `work` returns is not waited for. */
  readonly each = async <T>(
    items: Iterable<T>,
    work: (item: T, index: number) => void,
  ): Promise<void> => {
    let index = 0;
    for (const item of items) {
      if (this.monotonicMs() >= this.endsAt) await this.next();
      work(item, index);
      index += 1;
    }
  };

  /** Resolves when it is the asker's turn. */
  private next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.begin);
  }

  private readonly begin = (): void => {
    this.isScheduled = false;
    const resolve = this.waiting.shift();
    if (resolve === undefined) return;
    this.endsAt = this.monotonicMs() + this.turnMs;
    resolve();
    if (this.waiting.length > 0) this.schedule();
  };
}

const TICK_MS = 1;

/** Begins something at a steady rate, without waiting for what it began before. */
export class Schedule {
  /** How many have begun. */
  begun = 0;
  /** Rejects when one of them has. */
  readonly failed: Promise<never>;
  private readonly underWay = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;
  private readonly startedMs = performance.now();
  private readonly fault = Promise.withResolvers<never>();

  /** @param begin is given how many went before, and when it was due */
  constructor(
    private readonly perSecond: number,
    private readonly begin: (nth: number, dueMs: number) => Promise<void>,
  ) {
    this.failed = this.fault.promise;
    // It may fail before anybody waits for that.
    this.failed.catch(() => undefined);
    this.timer = setInterval(() => this.beginDue(), TICK_MS);
  }

  /** Begins no more, and waits for those under way. @throws what one of them has rejected with */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await Promise.race([Promise.all(this.underWay), this.failed]);
  }

  private beginDue(): void {
    const due = Math.floor(((performance.now() - this.startedMs) / 1000) * this.perSecond);
    while (this.begun < due) {
      const dueMs = this.startedMs + ((this.begun + 1) * 1000) / this.perSecond;
      const work = this.begin(this.begun, dueMs);
      this.begun += 1;
      this.underWay.add(work);
      work.then(
        () => this.underWay.delete(work),
        (error: Error) => this.fault.reject(error),
      );
    }
  }
}

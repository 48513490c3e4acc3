const MINUTE_MS = 60_000;

/**
 * So many different things a minute for each of those who ask; the same thing again counts as one. All are forgotten when
 * the minute is over, and so it stays small.
 */
export class MinuteQuota {
  private readonly used = new Map<string, Set<string>>();
  private endsAt = 0;

  constructor(
    private readonly perMinute: number,
    private readonly monotonicMs: () => number,
  ) {}

  /** Whether one more is within the limit; then it is counted. */
  admit(asker: string, thing: string): boolean {
    const now = this.monotonicMs();
    if (now >= this.endsAt) {
      this.used.clear();
      this.endsAt = now + MINUTE_MS;
    }
    const things = this.used.get(asker) ?? new Set();
    if (things.has(thing)) return true;
    if (things.size >= this.perMinute) return false;
    this.used.set(asker, things.add(thing));
    return true;
  }

  /** Whole seconds until as much is left as at first; one at least. */
  get secondsLeft(): number {
    return Math.max(1, Math.ceil((this.endsAt - this.monotonicMs()) / 1000));
  }
}

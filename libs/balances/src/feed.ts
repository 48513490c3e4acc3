import { instantOf, picoOfDecimal, type Instant, type Window } from '#libs/ledger';

/** What one partition has of an account: its balance, and sums of windows that are known to be complete. */
export class Feed {
  private readonly windows: KeptWindow[] = [];

  constructor(
    readonly partition: number,
    readonly spentPico: bigint,
    readonly unpriced: number,
    /** Of its latest event. */
    private readonly latestTime: string,
  ) {}

  keep(budgetId: string, starts: string, ends: string, spent: string): void {
    this.windows.push({ budgetId, starts, ends, spent });
  }

  /** What was spent in a window; `undefined`: it is not kept, and has to be computed. */
  spentIn(budgetId: string, { start, end }: Window): bigint | undefined {
    if (start !== null && instantOfColumn(this.latestTime)! < start) return 0n;
    const kept = this.windows.find(
      (window) =>
        window.budgetId === budgetId &&
        instantOfColumn(window.starts) === start &&
        instantOfColumn(window.ends) === end,
    );
    return kept && picoOfDecimal(kept.spent);
  }
}

/** As Postgres writes it: read only when it is asked for. */
interface KeptWindow {
  readonly budgetId: string;
  readonly starts: string;
  readonly ends: string;
  readonly spent: string;
}

/** A timestamp as Postgres writes it in UTC; `null` is unbounded. */
export function instantOfColumn(text: string): Instant | null {
  if (text === '-infinity' || text === 'infinity') return null;
  return instantOf(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

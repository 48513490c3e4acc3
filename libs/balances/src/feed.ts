import { instantOf, picoOfDecimal, type Instant, type Window } from '#libs/ledger';
import { storedBounds, type StoredWindows } from '#libs/wire';

/** What one partition has of an account: its balance, and sums of the windows that its latest event is in. */
export class Feed {
  private kept: StoredWindows | undefined;

  constructor(
    readonly spentPico: bigint,
    readonly unpriced: number,
    /** When its latest event was; read only when it is asked for, as the windows are. */
    private readonly latestTime: string,
    private readonly windows: string | null,
    /** How much of what it spent was held before. */
    readonly flippedPico: bigint,
  ) {}

  /** What was spent in a window; `undefined`: it is not kept, and has to be computed. */
  spentIn(budgetId: string, window: Window): bigint | undefined {
    this.kept ??= JSON.parse(this.windows ?? '{}') as StoredWindows;
    const kept = Object.hasOwn(this.kept, budgetId) ? this.kept[budgetId] : undefined;
    const { starts, ends } = storedBounds(window);
    if (kept !== undefined && kept[0] === starts && kept[1] === ends) return picoOfDecimal(kept[2]);
    const { start } = window;
    return start !== null && instantOfColumn(this.latestTime) < start ? 0n : undefined;
  }
}

/** A timestamp as Postgres writes it in UTC. */
export function instantOfColumn(text: string): Instant {
  return instantOf(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

import { formatMoney, picoOfDecimal, type Instant, type Window } from '#libs/ledger';
import { storedBounds, type StoredBounds, type StoredWindows } from '#libs/wire';
import type { BalanceChange } from './balance-change';

interface BudgetWindow extends StoredBounds {
  readonly budgetId: string;
}

/** The sums that are kept with one balance, as a batch makes them out of those that were kept before. */
export class KeptWindows {
  /** Windows whose sums do not follow from what was kept. */
  readonly missing: BudgetWindow[] = [];
  private readonly kept: [budgetId: string, StoredWindows[string]][] = [];

  /**
   * @param knownUpTo when the latest event was that the balance had
   * @param stored what was kept with it
   * @param added what comes to it now
   */
  constructor(
    private readonly knownUpTo: Instant | undefined,
    private readonly stored: StoredWindows,
    private readonly added: readonly BalanceChange[],
  ) {}

  add(budgetId: string, window: Window): void {
    const bounds = storedBounds(window);
    const before = this.spentBefore(budgetId, window, bounds);
    if (before === undefined) this.missing.push({ budgetId, ...bounds });
    else this.put({ budgetId, ...bounds }, formatMoney(before + this.addedIn(window)));
  }

  put({ budgetId, starts, ends }: BudgetWindow, spent: string): void {
    this.kept.push([budgetId, [starts, ends, spent]]);
  }

  print(): string {
    return JSON.stringify(Object.fromEntries(this.kept));
  }

  private spentBefore(
    budgetId: string,
    { start }: Window,
    bounds: StoredBounds,
  ): bigint | undefined {
    const { knownUpTo, stored } = this;
    if (knownUpTo === undefined || (start !== null && knownUpTo < start)) return 0n;
    // An id may be a name that every object has.
    const known = Object.hasOwn(stored, budgetId) ? stored[budgetId] : undefined;
    const isSame = known !== undefined && known[0] === bounds.starts && known[1] === bounds.ends;
    return isSame ? picoOfDecimal(known[2]) : undefined;
  }

  private addedIn({ start, end }: Window): bigint {
    let sum = 0n;
    for (const { time, amountPico } of this.added) {
      if ((start === null || start <= time) && (end === null || time < end))
        sum += amountPico ?? 0n;
    }
    return sum;
  }
}

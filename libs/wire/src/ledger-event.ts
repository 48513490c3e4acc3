import type { Adjustment, Budget, Instant, PriceBook, Spend } from '#libs/ledger';
import type { LabelMarks } from './ledger-marks';

/** What every fact on the log carries. */
export interface Fact {
  readonly recordedAt: Instant;
  readonly caller: string;
  /** SHA-256 in hex of what the event says. */
  readonly contentHash: string;
}

/**
 * What a spend that names a hold did to it. `settled`: its amount was held, and flips to spent when it is projected.
 * Otherwise nothing flips: the hold had ended by another event or a release, is not for the same scope and caller, or
 * is not known.
 */
export type HoldEffect = 'settled' | 'ended' | 'foreign' | 'unknown';

/** What a record says of the hold that its spend names, and of the labels that the spend has from it. */
export interface HoldMarks extends LabelMarks {
  readonly holdOutcome: HoldEffect;
}

export interface SpendRecorded extends Fact, LabelMarks {
  readonly kind: 'spend_recorded';
  /** As it was said; `allLabels` has those that it is counted with. */
  readonly spend: Spend;
  readonly holdOutcome?: HoldEffect;
  readonly extensions: Readonly<Record<string, string>>;
}

export interface SpendAdjusted extends Fact {
  readonly kind: 'spend_adjusted';
  readonly adjustment: Adjustment;
  readonly extensions: Readonly<Record<string, string>>;
}

/** What changes a hold: a spend that settles it, or the correction of one that its expiry made. */
export type HoldFact = SpendRecorded | SpendAdjusted;

/** A revision of a budget; the highest one in force wins, in whatever order they come. */
export interface BudgetSet extends Fact {
  readonly kind: 'budget_set';
  readonly budget: Budget;
  readonly revision: number;
}

export interface BudgetRemoved extends Fact {
  readonly kind: 'budget_removed';
  readonly budgetId: string;
  readonly revision: number;
}

/** A version of the prices: what calls are priced by from when it is in force on. */
export interface PricesSet extends Fact {
  readonly kind: 'prices_set';
  readonly book: PriceBook;
}

/** Whatever follows on it in its partition was not known at its time. */
export interface LogMarked extends Fact {
  readonly kind: 'log_marked';
}

/** The immutable facts of the log. */
export type LedgerEvent =
  SpendRecorded | SpendAdjusted | BudgetSet | BudgetRemoved | PricesSet | LogMarked;

import type { Instant } from './instant';
import type { Labels } from './labels';
import type { Usage } from './pricing/usage';
import type { Scope } from './scope';

/** How sure the amount is. `unknown` has none: the call is on record and counted in `unpriced`, never as zero. */
export type Basis = 'exact' | 'estimated' | 'unknown';

/** What identifies an event for ever: equal (source, id) is the same event. */
export interface EventId {
  readonly source: string;
  readonly id: string;
}

/** Money spent, in one scope: what a producer says and the ledger records unchanged. */
export interface Spend extends EventId {
  /** When the money was spent. */
  readonly time: Instant;
  readonly scope: Scope;
  /**
   * 10^-12 units of the ledger's currency, as it was said; or, of a spend that says its usage, what the ledger made of
   * that. Absent where the cost is unknown.
   */
  readonly amountPico?: bigint;
  /** What the call used, said in place of an amount. */
  readonly usage?: Usage;
  /** The version of the prices that `usage` was priced by; absent where they did not know the model, or there were none. */
  readonly pricedBy?: string;
  readonly currency: string;
  /** As it was said; see `basisOf`. */
  readonly basis: Basis;
  readonly requestId?: string;
  readonly holdId?: string;
  readonly model?: string;
  /** Absent where it says none. */
  readonly labels?: Labels;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** How sure the amount is: usage that could not be priced has none, whatever was said of it. */
export function basisOf({ amountPico, basis }: Pick<Spend, 'amountPico' | 'basis'>): Basis {
  return amountPico === undefined ? 'unknown' : basis;
}

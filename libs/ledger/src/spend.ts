import type { Instant } from './instant';
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
  /** 10^-12 units of the ledger's currency; absent where the basis is `unknown`. */
  readonly amountPico?: bigint;
  readonly currency: string;
  readonly basis: Basis;
  readonly requestId?: string;
  readonly holdId?: string;
  readonly model?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

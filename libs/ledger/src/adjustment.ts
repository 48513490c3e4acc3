import type { Instant } from './instant';
import type { EventId } from './spend';

/** A correction of a spend, in the open: both stay on record. */
export interface Adjustment extends EventId {
  /** When it was said. What it changes was spent at the spend's own time. */
  readonly time: Instant;
  /** The spend that it corrects. */
  readonly adjusts: EventId;
  readonly kind: 'reverse' | 'amend';
  /** What the spend costs from here on, in 10^-12 units; absent where it is reversed. */
  readonly amountPico?: bigint;
  readonly reason: string;
}

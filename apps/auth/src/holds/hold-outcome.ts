import type { EventId, Instant } from '#libs/ledger';
import type { Hold } from '#libs/holds';
import type { Decision, DecisionQuestion } from '../decision';
import type { AnsweredDecision } from '../decisions/answered-decision';

/**
 * What became of a request, in a flush whose moment is `now`.
 * @template D a decision as it was made, or as it is answered
 */
export type HoldOutcome<D extends Decision = AnsweredDecision> =
  | TakenHold<D>
  | RefusedHold<D>
  | SettledHold
  | ReleasedHold
  | ExtendedHold<D>
  | { readonly outcome: 'ended'; readonly hold: Hold; readonly now: Instant }
  | { readonly outcome: 'key_reused' }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'forbidden' }
  | { readonly outcome: 'time_outside'; readonly from: Instant; readonly to: Instant }
  /** The projection is not up to date, so nobody can say what there is to hold, or what was settled before. */
  | { readonly outcome: 'behind' };

export interface TakenHold<D extends Decision = AnsweredDecision> {
  readonly outcome: 'taken';
  readonly hold: Hold;
  readonly decision: D;
  readonly question: DecisionQuestion;
  readonly now: Instant;
  /** The same was asked before: this is the hold of then. */
  readonly isRepeated: boolean;
}

/** Nothing has changed. */
export interface RefusedHold<D extends Decision = AnsweredDecision> {
  readonly outcome: 'refused';
  readonly decision: D;
  readonly question: DecisionQuestion;
  /** What was not extended, as it still is. */
  readonly unchanged?: { readonly hold: Hold; readonly now: Instant };
}

export interface SettledHold {
  readonly outcome: 'settled';
  readonly event: EventId;
  readonly overrunPico: bigint;
  readonly late: boolean;
  readonly isRepeated: boolean;
  /** What the call cost stands in a correction of that event. */
  readonly isAmended: boolean;
}

export interface ReleasedHold {
  readonly outcome: 'released';
  /** What it set free; nothing where the expiry had done so. */
  readonly amountPico: bigint;
}

export interface ExtendedHold<D extends Decision = AnsweredDecision> {
  readonly outcome: 'extended';
  readonly hold: Hold;
  /** Where an amount was asked. */
  readonly decided: Decided<D> | undefined;
  readonly now: Instant;
}

export interface Decided<D extends Decision = AnsweredDecision> {
  readonly decision: D;
  readonly question: DecisionQuestion;
}

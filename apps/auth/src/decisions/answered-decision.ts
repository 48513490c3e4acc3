import type { Instant } from '#libs/ledger';
import type { Decision, DecisionQuestion } from '../decision';

/** A decision as it is answered. */
export interface AnsweredDecision extends Decision {
  /** `null`: it is not kept. */
  readonly decisionId: string | null;
}

/** A decision that is kept, with the equal ones that were given in the same minute. */
export interface KeptDecision extends DecisionQuestion {
  readonly decisionId: string;
  /** The first of them. */
  readonly decision: Decision;
  readonly count: number;
  readonly lastDecidedAt: Instant;
}

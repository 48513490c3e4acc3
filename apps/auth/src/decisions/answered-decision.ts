import type { Instant, Labels, Scope } from '#libs/ledger';
import type { Decision } from '../decision';

/** What was asked: who wants to spend, and how much. */
export interface DecisionQuestion {
  readonly scope: Scope;
  /** What the call is for. */
  readonly labels?: Labels | undefined;
  /** `undefined`: the cost is unknown. */
  readonly estimatePico: bigint | undefined;
}

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

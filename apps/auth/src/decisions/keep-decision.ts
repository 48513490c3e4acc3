import type { Decision } from '../check-budget';
import type { AnsweredDecision, DecisionQuestion } from './answered-decision';
import { freshDecisionId, refusalId } from './decision-id';
import type { DecisionQueue } from './decision-queue';

export interface KeepPolicy {
  /** Which answers are kept. */
  readonly record: 'refusals' | 'all';
  /** What became of a decision that was to be kept. */
  readonly count: (outcome: 'kept' | 'dropped') => void;
}

/** Gives decisions that are to be kept their ids, and queues them: whoever answers waits for nothing. */
export class DecisionKeeper {
  constructor(
    private readonly queue: DecisionQueue,
    private readonly policy: KeepPolicy,
  ) {}

  keep(decision: Decision, { scope, estimatePico }: DecisionQuestion): AnsweredDecision {
    const { allowed, decidedAt } = decision;
    if (allowed && this.policy.record === 'refusals') return { ...decision, decisionId: null };
    const decisionId = allowed
      ? freshDecisionId(decidedAt)
      : refusalId({ scope, estimatePico }, decision);
    const lastDecidedAt = decidedAt;
    const isKept = this.queue.add({
      ...{ decisionId, decision, scope, estimatePico },
      ...{ count: 1, lastDecidedAt },
    });
    this.policy.count(isKept ? 'kept' : 'dropped');
    return { ...decision, decisionId: isKept ? decisionId : null };
  }
}

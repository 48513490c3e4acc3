import type { MinuteQuota } from '#libs/runtime';
import type { Decision, DecisionQuestion } from '../decision';
import type { AnsweredDecision } from './answered-decision';
import { freshDecisionId, refusalId } from './decision-id';
import type { DecisionQueue } from './decision-queue';

export interface KeepPolicy {
  /** Which answers are kept. */
  readonly record: 'refusals' | 'all';
  /** What became of a decision that was to be kept. */
  readonly count: (outcome: 'kept' | 'dropped' | 'over_limit') => void;
  /** How many different refusals of one caller are kept; absent: all. */
  readonly refusals?: Pick<MinuteQuota, 'admit'>;
}

/** Gives decisions that are to be kept their ids, and queues them: an answer waits for no write. */
export class DecisionKeeper {
  constructor(
    private readonly queue: DecisionQueue,
    private readonly policy: KeepPolicy,
  ) {}

  /** Under which id a decision is going to be kept; `null`: it is not. */
  idOf(decision: Decision, question: DecisionQuestion): string | null {
    if (!decision.allowed) return refusalId(question, decision);
    return this.policy.record === 'all' ? freshDecisionId(decision.decidedAt) : null;
  }

  /**
   * @param caller who asked
   * @param decisionId what `idOf` gave, where the answer already holds it
   */
  keep(
    decision: Decision,
    question: DecisionQuestion,
    caller: string,
    decisionId = this.idOf(decision, question),
  ): AnsweredDecision {
    if (decisionId === null) return { ...decision, decisionId };
    const { refusals } = this.policy;
    if (!decision.allowed && refusals?.admit(caller, decisionId) === false) {
      this.policy.count('over_limit');
      return { ...decision, decisionId: null };
    }
    const lastDecidedAt = decision.decidedAt;
    const isKept = this.queue.add({
      decisionId,
      decision,
      scope: question.scope,
      estimatePico: question.estimatePico,
      labels: question.labels,
      model: question.model,
      count: 1,
      lastDecidedAt,
    });
    this.policy.count(isKept ? 'kept' : 'dropped');
    return { ...decision, decisionId: isKept ? decisionId : null };
  }
}

import { statusMessage, type BudgetStatusMessage } from '#libs/balances';
import { formatMoney, printLabels } from '#libs/ledger';
import { timestampOf, type Timestamp } from '#libs/wire';
import type { AnsweredDecision } from '../../decisions/answered-decision';

/** `spendledger.v1.Decision`; `undefined` is not set. */
export interface DecisionMessage {
  readonly decision_id: string;
  readonly allowed: boolean;
  readonly blocked_by: string | undefined;
  readonly resets_at: Timestamp | undefined;
  readonly unbudgeted: boolean;
  readonly message: string;
  readonly budgets: readonly BudgetStatusMessage[];
  readonly position: string;
  readonly as_of: Timestamp;
  readonly lag_ms: number;
  readonly degraded: boolean;
  readonly decided_at: Timestamp;
  readonly remaining: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

export function decisionMessage(decision: AnsweredDecision): DecisionMessage {
  const { blockedBy, remainingPico } = decision;
  const resetsAt = blockedBy?.window.end ?? null;
  return {
    decision_id: decision.decisionId ?? '',
    allowed: decision.allowed,
    blocked_by: blockedBy?.budget.budgetId,
    resets_at: resetsAt === null ? undefined : timestampOf(resetsAt),
    unbudgeted: decision.unbudgeted,
    message: decision.message,
    budgets: decision.budgets.map(statusMessage),
    position: decision.position,
    as_of: timestampOf(decision.asOf),
    lag_ms: decision.lagMs,
    degraded: decision.degraded,
    decided_at: timestampOf(decision.decidedAt),
    remaining: remainingPico === null ? undefined : formatMoney(remainingPico),
    labels: decision.labels === undefined ? {} : printLabels(decision.labels),
  };
}

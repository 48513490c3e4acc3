import { printStatus, type BudgetStatus } from '#libs/balances';
import { formatInstant, formatMoney, printLabels } from '#libs/ledger';
import type { AnsweredDecision } from './answered-decision';

/** A decision as callers see it (docs/api.md, Checks). */
export interface DecisionDocument {
  readonly decisionId: string | null;
  readonly allowed: boolean;
  readonly blockedBy: string | null;
  readonly resetsAt: string | null;
  readonly remaining: string | null;
  readonly unbudgeted: boolean;
  readonly message: string;
  /** Those that it was judged by; absent: none. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly budgets: readonly BudgetStatus[];
  readonly position: string;
  readonly asOf: string;
  readonly lagMs: number;
  readonly degraded: boolean;
  readonly decidedAt: string;
}

export function printDecision(decision: AnsweredDecision): DecisionDocument {
  const { blockedBy, remainingPico } = decision;
  const resetsAt = blockedBy?.window.end ?? null;
  return {
    decisionId: decision.decisionId,
    allowed: decision.allowed,
    blockedBy: blockedBy?.budget.budgetId ?? null,
    resetsAt: resetsAt === null ? null : formatInstant(resetsAt),
    remaining: remainingPico === null ? null : formatMoney(remainingPico),
    unbudgeted: decision.unbudgeted,
    message: decision.message,
    ...(decision.labels !== undefined && { labels: printLabels(decision.labels) }),
    budgets: decision.budgets.map(printStatus),
    position: decision.position,
    asOf: formatInstant(decision.asOf),
    lagMs: decision.lagMs,
    degraded: decision.degraded,
    decidedAt: formatInstant(decision.decidedAt),
  };
}

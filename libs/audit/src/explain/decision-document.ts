import {
  formatInstant,
  formatMoney,
  formatPosition,
  nameOfJudged,
  printWindow,
} from '#libs/ledger';
import { documentOfEntry } from './entry-document';
import type { Compared, ExplainedBudget, ExplainedDecision } from './explain-decision';
import type { HoldThen } from './held-then';

export type DecisionDocument = ReturnType<typeof documentOfDecision>;
export type BudgetDocument = ReturnType<typeof documentOfBudget>;

/** What `explain <decisionId> --json` prints. */
export function documentOfDecision({ decision, budgets, agrees }: ExplainedDecision) {
  return {
    decisionId: decision.decisionId,
    decidedAt: formatInstant(decision.decidedAt),
    allowed: decision.allowed,
    message: decision.message,
    position: formatPosition(decision.position),
    degraded: decision.degraded,
    ...decision.asked,
    agrees,
    budgets: budgets.map(documentOfBudget),
  };
}

function documentOfBudget(budget: ExplainedBudget) {
  return {
    budgetId: budget.budgetId,
    account: nameOfJudged(budget),
    revision: budget.revision ?? null,
    limit: printed(budget.limit, (limit) => (limit === null ? null : formatMoney(limit))),
    window: printed(budget.windowThen, printWindow),
    spent: printed(budget.spent, formatMoney),
    held: printed(budget.held, formatMoney),
    unpriced: budget.unpriced,
    earlier: budget.entryCount - budget.entries.length,
    entries: budget.entries.map(documentOfEntry),
    holds: budget.holds.map(documentOfHold),
  };
}

/** @returns without `derived` where there is nothing to derive it from */
function printed<T, P>(
  { decided, derived, verdict, doubts }: Compared<T>,
  print: (value: T) => P,
): { decided: P; derived?: P; verdict: Compared<T>['verdict']; doubts: readonly string[] } {
  return {
    decided: print(decided),
    ...(derived !== undefined && { derived: print(derived) }),
    verdict,
    doubts,
  };
}

function documentOfHold({ holdId, createdAt, expiresAt, amountPico, end, heldPico }: HoldThen) {
  return {
    holdId,
    held: formatMoney(heldPico),
    amount: formatMoney(amountPico),
    createdAt: formatInstant(createdAt),
    expiresAt: formatInstant(expiresAt),
    ...(end && { [end.state === 'released' ? 'releasedAt' : 'settledAt']: formatInstant(end.at) }),
  };
}

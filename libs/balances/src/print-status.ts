import {
  formatMoney,
  nameOfJudged,
  printWindow,
  type JudgedBudget,
  type Verdict,
  type WindowDocument,
} from '#libs/ledger';

/** A budget with its numbers, as callers see it: an entry of `budgets` (docs/api.md, Checks). */
export interface BudgetStatus {
  readonly budgetId: string;
  readonly account: string;
  readonly limit: string | null;
  readonly spent: string;
  readonly held: string;
  readonly remaining: string | null;
  readonly window: WindowDocument;
  readonly verdict: Verdict;
  readonly enforced: boolean;
  readonly warning: string | null;
}

export function printStatus(judged: JudgedBudget): BudgetStatus {
  const { budget, window } = judged;
  return {
    budgetId: budget.budgetId,
    account: nameOfJudged(judged),
    limit: budget.limitPico === null ? null : formatMoney(budget.limitPico),
    spent: formatMoney(judged.spentPico),
    held: formatMoney(judged.heldPico),
    remaining: judged.remainingPico === null ? null : formatMoney(judged.remainingPico),
    window: printWindow(window),
    verdict: judged.verdict,
    enforced: budget.enforce,
    warning: judged.warning,
  };
}

import { nameOfJudged, type JudgedBudget } from '#libs/ledger';
import type { Decision } from '../../../apps/auth/src/decision';
import type { HoldOutcome } from '../../../apps/auth/src/holds/hold-outcome';
import type { Numbers } from './model';

/** What a decision shows of its budgets; none where there was none. */
export function numbersOf(outcome: HoldOutcome<Decision>): Numbers[] | undefined {
  if (outcome.outcome === 'taken' || outcome.outcome === 'refused') {
    return outcome.decision.budgets.map(numbersOfBudget);
  }
  if (outcome.outcome === 'extended') {
    return outcome.decided?.decision.budgets.map(numbersOfBudget);
  }
  return undefined;
}

export function numbersOfBudget(judged: JudgedBudget): Numbers {
  const { budget, spentPico, heldPico, remainingPico } = judged;
  return [budget.budgetId, nameOfJudged(judged), spentPico, heldPico, remainingPico];
}

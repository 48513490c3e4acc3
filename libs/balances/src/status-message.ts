import { formatMoney, nameOfJudged, type JudgedBudget, type Verdict } from '#libs/ledger';
import { windowMessage, type WindowMessage } from '#libs/wire';

/** `spendledger.v1.BudgetStatus`; `undefined` is not set. */
export interface BudgetStatusMessage {
  readonly budget_id: string;
  readonly account: string;
  readonly limit: string | undefined;
  readonly spent: string;
  readonly held: string;
  readonly remaining: string | undefined;
  readonly window: WindowMessage;
  readonly verdict: string;
  readonly enforced: boolean;
  readonly warning: string | undefined;
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  ok: 'VERDICT_OK',
  warned: 'VERDICT_WARNED',
  exceeded: 'VERDICT_EXCEEDED',
  insufficient: 'VERDICT_INSUFFICIENT',
  missing: 'VERDICT_MISSING',
};

/** The gRPC face of `printStatus`. */
export function statusMessage(judged: JudgedBudget): BudgetStatusMessage {
  const { budget, window } = judged;
  return {
    budget_id: budget.budgetId,
    account: nameOfJudged(judged),
    limit: budget.limitPico === null ? undefined : formatMoney(budget.limitPico),
    spent: formatMoney(judged.spentPico),
    held: formatMoney(judged.heldPico),
    remaining: judged.remainingPico === null ? undefined : formatMoney(judged.remainingPico),
    window: windowMessage(window),
    verdict: VERDICTS[judged.verdict],
    enforced: budget.enforce,
    warning: judged.warning ?? undefined,
  };
}

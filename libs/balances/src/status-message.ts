import { formatAccount, formatMoney, type JudgedBudget, type Verdict } from '#libs/ledger';
import { timestampOf, type Timestamp } from '#libs/wire';

/** `spendledger.v1.BudgetStatus`. */
export interface BudgetStatusMessage {
  readonly budget_id: string;
  readonly account: string;
  readonly limit?: string;
  readonly spent: string;
  readonly held: string;
  readonly remaining?: string;
  readonly window: { readonly start?: Timestamp; readonly end?: Timestamp };
  readonly verdict: string;
  readonly enforced: boolean;
  readonly warning?: string;
}

const VERDICTS: Readonly<Record<Verdict, string>> = {
  ok: 'VERDICT_OK',
  warned: 'VERDICT_WARNED',
  exceeded: 'VERDICT_EXCEEDED',
  insufficient: 'VERDICT_INSUFFICIENT',
};

/** The gRPC face of `printStatus`. */
export function statusMessage(judged: JudgedBudget): BudgetStatusMessage {
  const { budget, window } = judged;
  return {
    budget_id: budget.budgetId,
    account: formatAccount(judged.account),
    ...(budget.limitPico === null ? {} : { limit: formatMoney(budget.limitPico) }),
    spent: formatMoney(judged.spentPico),
    held: formatMoney(judged.heldPico),
    ...(judged.remainingPico === null ? {} : { remaining: formatMoney(judged.remainingPico) }),
    window: {
      ...(window.start === null ? {} : { start: timestampOf(window.start) }),
      ...(window.end === null ? {} : { end: timestampOf(window.end) }),
    },
    verdict: VERDICTS[judged.verdict],
    enforced: budget.enforce,
    ...(judged.warning === null ? {} : { warning: judged.warning }),
  };
}

import {
  labelOfDefault,
  type Budget,
  type BudgetState,
  type Labels,
  type Window,
} from '#libs/ledger';

/** Waiting brings no label, so no window ends it. */
const ALWAYS: Window = { start: null, end: null };

/** Of budgets that require labels those whose label a call does not say. */
export function missingLabels(
  required: readonly Budget[],
  labels: Labels | undefined,
): BudgetState[] {
  if (required.length === 0) return [];
  return required
    .flatMap((budget): BudgetState[] => {
      const name = labelOfDefault(budget.account);
      if (name === undefined || labels?.has(name) === true) return [];
      const account = { kind: 'missing_label', name } as const;
      return [{ budget, account, window: ALWAYS, spentPico: 0n, heldPico: 0n }];
    })
    .sort((a, b) => (a.budget.budgetId < b.budget.budgetId ? -1 : 1));
}

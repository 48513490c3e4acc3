import { parseBudget, type Budget } from '#libs/ledger';

const MOST_BUDGETS = 10_000;
const budgets = new Map<string, Budget>();

/** Reads a budget's settings; a revision never changes, so what was read once is kept (of the last 10,000). */
export function cachedBudget(budgetId: string, revision: number, definition: string): Budget {
  const key = `${budgetId}/${revision}\n${definition}`;
  const known = budgets.get(key);
  if (known) return known;
  const budget = readBudget(budgetId, definition);
  if (budgets.size >= MOST_BUDGETS) budgets.clear();
  budgets.set(key, budget);
  return budget;
}

export function readBudget(budgetId: string, definition: string): Budget {
  const result = parseBudget(budgetId, JSON.parse(definition));
  if (!result.ok) throw new Error(`budget ${budgetId} on record cannot be read`);
  return result.value;
}

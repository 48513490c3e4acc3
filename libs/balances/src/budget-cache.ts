import { parseBudget, type Budget } from '#libs/ledger';

const MOST_BUDGETS = 10_000;
const parsedBudgets = new Map<string, { readonly definition: string; readonly budget: Budget }>();

/** Reads a budget's settings; what was read is kept, of 10,000 budgets, for as long as the row says the same. */
export function cachedBudget(budgetId: string, definition: string): Budget {
  const known = parsedBudgets.get(budgetId);
  if (known?.definition === definition) return known.budget;
  const budget = readBudget(budgetId, definition);
  if (parsedBudgets.size >= MOST_BUDGETS) parsedBudgets.clear();
  parsedBudgets.set(budgetId, { definition, budget });
  return budget;
}

export function readBudget(budgetId: string, definition: string): Budget {
  const result = parseBudget(budgetId, JSON.parse(definition));
  if (!result.ok) throw new Error(`budget ${budgetId} on record cannot be read`);
  return result.value;
}

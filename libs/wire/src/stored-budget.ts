import { parseBudget, type Budget, type WindowRule } from '#libs/ledger';

const MOST_BUDGETS = 10_000;
const MOST_RULES = 1000;
const budgets = new Map<string, { readonly definition: string; readonly budget: Budget }>();
const rules = new Map<string, WindowRule>();

/**
 * Reads a budget's settings; what was read is kept, of 10,000 budgets, for as long as the row says the same.
 * @returns `undefined`: this process does not understand them, as with a time zone that its Node does not have yet
 */
export function findBudget(budgetId: string, definition: string): Budget | undefined {
  const known = budgets.get(budgetId);
  if (known?.definition === definition) return known.budget;
  const given = JSON.parse(definition) as { readonly window: object };
  const result = parseBudget(budgetId, given);
  if (!result.ok) return undefined;
  const window = shared(JSON.stringify(given.window), result.value.window);
  const budget = { ...result.value, window };
  keep(budgets, MOST_BUDGETS, budgetId, { definition, budget });
  return budget;
}

export function readBudget(budgetId: string, definition: string): Budget {
  const budget = findBudget(budgetId, definition);
  if (budget === undefined) throw new Error(`budget ${budgetId} on record cannot be read`);
  return budget;
}

/** One object for equal rules: the window that it is in is kept with the rule, so thousands of budgets reckon it once. */
function shared(text: string, rule: WindowRule): WindowRule {
  const known = rules.get(text);
  if (known !== undefined) return known;
  keep(rules, MOST_RULES, text, rule);
  return rule;
}

function keep<T>(map: Map<string, T>, most: number, key: string, value: T): void {
  if (map.size >= most) map.clear();
  map.set(key, value);
}

import type { WindowRule } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { findBudget } from '#libs/wire';
import { texts } from './column-arrays';
import type { TouchedAccount } from './touched-accounts';

export interface WindowedBudget {
  readonly budgetId: string;
  readonly window: WindowRule;
}

const READ: PreparedStatement = {
  name: 'read-budgets-of-targets',
  text: 'select account, budget_id, definition from budget_in_force where account = any($1)',
};

/**
 * The budgets of accounts that count over less than all time, by the names of the accounts: its own, or else the
 * defaults. As far as this transaction sees them: of one that it misses the window's sum is not kept, and is computed.
 */
export async function readWindowedBudgets(
  client: Prepared,
  touched: ReadonlyMap<string, TouchedAccount>,
): Promise<Map<string, readonly WindowedBudget[]>> {
  const defaults = new Set([...touched.values()].map(({ defaultTarget }) => defaultTarget));
  const rows = await client.prepared<readonly [string, string, string]>(READ, [
    texts([...touched.keys(), ...defaults]),
  ]);
  const byTarget = new Map<string, WindowedBudget[]>();
  for (const [target, budgetId, definition] of rows) {
    const ofTarget = byTarget.get(target) ?? [];
    byTarget.set(target, ofTarget);
    const window = findBudget(budgetId, definition)?.window;
    if (window && isBounded(window)) ofTarget.push({ budgetId, window });
  }
  const windowed = new Map<string, readonly WindowedBudget[]>();
  if (byTarget.size === 0) return windowed;
  for (const [name, { defaultTarget }] of touched) {
    const budgets = byTarget.get(name) ?? byTarget.get(defaultTarget);
    if (budgets?.length) windowed.set(name, budgets);
  }
  return windowed;
}

/** What is spent over all time is the balance itself. */
function isBounded(window: WindowRule): boolean {
  return window.type !== 'total' || window.from !== undefined;
}

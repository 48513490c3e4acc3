import type { WindowRule } from '#libs/ledger';
import { texts, type Prepared, type PreparedStatement } from '#libs/postgres';
import { findBudget } from '#libs/wire';
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
 * The accounts that have budgets which count over less than all time, with these: their own, or else the defaults. As
 * far as this transaction sees them: of one that it misses the window's sum is not kept, and is computed.
 */
export async function readWindowedBudgets(
  client: Prepared,
  accounts: readonly TouchedAccount[],
): Promise<{ readonly touched: TouchedAccount; readonly budgets: readonly WindowedBudget[] }[]> {
  const targetsAsked = new Set(accounts.flatMap(({ targets }) => targets));
  const rows = await client.prepared<readonly [string, string, string]>(READ, [
    texts([...targetsAsked]),
  ]);
  const byTarget = new Map<string, WindowedBudget[]>();
  for (const [target, budgetId, definition] of rows) {
    const ofTarget = byTarget.get(target) ?? [];
    byTarget.set(target, ofTarget);
    const window = findBudget(budgetId, definition)?.window;
    if (window && isBounded(window)) ofTarget.push({ budgetId, window });
  }
  return accounts.flatMap((touched) => {
    const target = touched.targets.find((each) => byTarget.has(each));
    const budgets = target === undefined ? [] : byTarget.get(target)!;
    return budgets.length === 0 ? [] : [{ touched, budgets }];
  });
}

/** What is spent over all time is the balance itself. */
function isBounded(window: WindowRule): boolean {
  return window.type !== 'total' || window.from !== undefined;
}

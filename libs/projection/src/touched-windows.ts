import { windowOf, type Account } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import { storedBounds } from '#libs/wire';
import type { Plan } from './plan-batch';
import { readLatestTimes } from './read-latest-times';
import { touchedAccounts } from './touched-accounts';
import { readWindowedBudgets } from './windowed-budgets';

/** Of each budget of an account with a window, the bounds of the one whose sum is kept with the balance. */
export interface AccountWindows {
  readonly account: Account;
  readonly windows: Readonly<Record<string, readonly [starts: string, ends: string]>>;
}

/**
 * The windows that the latest events of a batch's accounts are in, which is where checks will look. The batch itself may
 * have late events only; so it is the latest event that the partition has of an account that counts.
 */
export async function touchedWindows(
  client: Prepared,
  partition: number,
  spends: Plan['spends'],
): Promise<AccountWindows[]> {
  const touched = touchedAccounts(spends);
  const budgets = [...(await readWindowedBudgets(client, touched))];
  if (budgets.length === 0) return [];
  const accounts = budgets.map(([name]) => touched.get(name)!);
  const known = await readLatestTimes(
    client,
    partition,
    accounts.map(({ account }) => account),
  );
  return budgets.map(([, ofAccount], n) => {
    const { account, latestTime } = accounts[n]!;
    const before = known.get(n) ?? latestTime;
    const at = before > latestTime ? before : latestTime;
    const windows = ofAccount.map(({ budgetId, window }) => {
      const { starts, ends } = storedBounds(windowOf(window, at));
      return [budgetId, [starts, ends]] as const;
    });
    return { account, windows: Object.fromEntries(windows) };
  });
}

import { instantOf, windowOf, type Instant } from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import type { StoredAccount, StoredWindows } from '#libs/wire';
import { AskByAccount } from './ask-by-account';
import type { BalanceChange } from './balance-change';
import { KeptWindows } from './kept-windows';
import { latestOf, touchedAccounts } from './touched-accounts';
import { readWindowedBudgets } from './windowed-budgets';

export interface AccountWindows {
  readonly account: StoredAccount;
  readonly windows: KeptWindows;
}

/** What balances had before the batch. */
const KNOWN = new AskByAccount<readonly [latestTime: string, windows: StoredWindows | null]>(
  'read-known-windows',
  [],
  ({ kind, ids }, asked) => `
    select n, latest_time, windows from ${asked}
    join ${kind}_balance using (${ids.join(', ')}) where partition = $1`,
);
const SUMS = new AskByAccount<readonly [spent: string]>(
  'read-sums-of-windows',
  ['starts', 'ends'],
  ({ kind, ids }, asked) => `
    select n, ${kind}_spent($1, ${ids.join(', ')}, starts::timestamptz, ends::timestamptz)::text
    from ${asked}`,
);

/**
 * The sums to keep with the balances that a batch changes: of each budget with a window the one that the account's
 * latest event is in, which is where checks will look. Most follow from what the balance had; the others are summed out
 * of the buckets, which have the batch already. Of more than `maxSums` of those the rest is not kept, and readers compute
 * it: setting a default for a million accounts must not hold up a batch.
 *
 * @param entries what the batch has added, without duplicates
 */
export async function accountWindows(
  client: Prepared,
  partition: number,
  entries: readonly BalanceChange[],
  maxSums: number,
): Promise<AccountWindows[]> {
  const budgeted = await readWindowedBudgets(client, touchedAccounts(entries));
  if (budgeted.length === 0) return [];
  const accounts = budgeted.map(({ touched }) => [touched.account] as const);
  const known = await KNOWN.ask(client, partition, accounts);
  const all = budgeted.map(({ touched, budgets }, n) => {
    const [text, stored] = known.get(n) ?? [];
    const before = text === undefined ? undefined : instantOf(text);
    const windows = new KeptWindows(before, stored ?? {}, touched.entries);
    const at = later(before, latestOf(touched));
    for (const { budgetId, window } of budgets) windows.add(budgetId, windowOf(window, at));
    return { account: touched.account, windows };
  });
  await fillIn(client, partition, all, maxSums);
  return all;
}

async function fillIn(
  client: Prepared,
  partition: number,
  all: readonly AccountWindows[],
  maxSums: number,
): Promise<void> {
  const missing = all
    .flatMap(({ account, windows }) =>
      windows.missing.map((window) => ({ account, windows, window })),
    )
    .slice(0, maxSums);
  if (missing.length === 0) return;
  const asked = missing.map(
    ({ account, window: { starts, ends } }) => [account, starts, ends] as const,
  );
  const sums = await SUMS.ask(client, partition, asked);
  missing.forEach(({ windows, window }, n) => windows.put(window, sums.get(n)![0]));
}

function later(one: Instant | undefined, other: Instant): Instant {
  return one !== undefined && one > other ? one : other;
}

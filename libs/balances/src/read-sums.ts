import { picoOfDecimal } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { storedBounds } from '#libs/wire';
import { ACCOUNT_COLUMNS, accountArrays, unnestAccounts } from './account-columns';
import type { Snapshot, WindowOfAccount } from './snapshot';

const GIVEN = [
  ['n', 'int'],
  ['since', 'timestamptz'],
  ['until', 'timestamptz'],
] as const;

/** Any number of windows of any accounts, out of the buckets. A partition without a balance has no events. */
const SUMS: PreparedStatement = { name: 'sums-in-windows', text: sumsInWindows() };

function sumsInWindows(): string {
  const asked = unnestAccounts(GIVEN);
  return ACCOUNT_COLUMNS.map(({ kind, ids, columns }) => {
    const names = columns.map(([name]) => name).join(', ');
    return `
      select n, ${kind}_spent(b.partition, ${ids.map((id) => `b.${id}`).join(', ')}, since, until)::text
      from ${asked[kind]} join ${kind}_balance b using (${names})`;
  }).join(' union all ');
}

/** Adds to a snapshot what was spent in windows that are less than all time, by the events' own times. */
export async function readSums(
  client: Prepared,
  snapshot: Snapshot,
  missing: readonly WindowOfAccount[],
  partitions: number,
): Promise<void> {
  const asked = missing.map(({ account, window }, n) => {
    const { starts, ends } = storedBounds(window);
    return [account, n, starts, ends] as const;
  });
  const rows = await client.prepared<readonly [number, string]>(
    SUMS,
    accountArrays(asked, GIVEN.length, partitions),
  );
  const sums = missing.map(() => 0n);
  for (const [n, sum] of rows) sums[n]! += picoOfDecimal(sum);
  missing.forEach(({ name, budgetId }, n) => snapshot.addSpentInWindow(name, budgetId, sums[n]!));
}

import { formatAccount, formatPosition, windowOf, type Account, type Window } from '#libs/ledger';
import { type Database, type OneInstant, atOneInstant } from '#libs/postgres';
import { readSnapshot } from '#libs/balances';
import type { ExplainLimits } from './explain-limits';
import {
  explainWindow,
  spanOf,
  sumOutside,
  type EntrySums,
  type ExplainedWindow,
  type WindowAsked,
} from './explain-window';
import { readNotCounted, type NotCounted } from './not-counted/read-not-counted';

/** Which calls make up what an account has spent, and which do not though somebody might expect it. */
export interface ExplainedAccount {
  readonly account: Account;
  /** How far the projection is. */
  readonly position: string;
  readonly windows: readonly ExplainedWindow[];
  /** What it spent in none of them; `undefined` where one is all time. */
  readonly outside: EntrySums | undefined;
  /** From the first of the windows to the last: what is not counted is looked for in it. */
  readonly span: Window;
  readonly notCounted: readonly NotCounted[];
}

/** All of it is of one instant, so that the sums of the entries and the sums that are kept cannot differ by what comes. */
export function explainAccount(
  database: Database,
  account: Account,
  windows: readonly WindowAsked[],
  limits: ExplainLimits,
): Promise<ExplainedAccount> {
  return atOneInstant(database, async (client) => {
    const explained: ExplainedWindow[] = [];
    for (const asked of windows) {
      explained.push(await explainWindow(client, account, asked, limits));
    }
    const outside = await sumOutside(client, account, windows, limits.partitions);
    const span = spanOf(windows);
    const notCounted = await readNotCounted(client, account, span, limits);
    const position = await readPosition(client);
    return { account, position, windows: explained, outside, span, notCounted };
  });
}

/** The windows that the budgets of an account are in now; those with equal windows share one. All time without any. */
export async function readCurrentWindows(
  database: Database,
  account: Account,
  partitions: number,
): Promise<WindowAsked[]> {
  const accounts = new Map([[formatAccount(account), account]]);
  const snapshot = await readSnapshot(database, accounts, partitions);
  const byBounds = Map.groupBy(snapshot.statesOf(account), ({ budget }) => {
    const { start, end } = windowOf(budget.window, snapshot.now);
    return `${start} ${end}`;
  });
  if (byBounds.size === 0) return [{ window: { start: null, end: null }, budgetIds: [] }];
  return [...byBounds.values()].map((states) => ({
    window: states[0]!.window,
    budgetIds: states.map(({ budget }) => budget.budgetId),
  }));
}

async function readPosition(client: OneInstant): Promise<string> {
  const rows = await client
    .selectFrom('projection_partition')
    .select(['partition', 'next_offset'])
    .execute();
  return formatPosition(new Map(rows.map((row) => [row.partition, row.next_offset])));
}

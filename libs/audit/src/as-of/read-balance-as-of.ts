import {
  formatAccount,
  judge,
  windowOf,
  type Account,
  type Budget,
  type Instant,
} from '#libs/ledger';
import type { Database, Prepared } from '#libs/postgres';
import { freshnessOf, readStanding, type Balance, type Snapshot } from '#libs/balances';
import { readBudgetsAsOf } from './budgets-as-of';
import { readSumsAsOf } from './sum-as-of';

/** The two times of a question: the world's, and the ledger's. */
export interface AsOfQuestion {
  /** Entries with a time before it, and the windows that hold it; `undefined`: now. */
  readonly at: Instant | undefined;
  /** What was known up to and at it; `undefined`: what is known now. */
  readonly knownAt: Instant | undefined;
}

export type AsOfReading =
  | { readonly outcome: 'read'; readonly balance: Balance }
  /** What will be known then cannot be told. */
  | { readonly outcome: 'in_the_future'; readonly now: Instant }
  /** These partitions have not come to `knownAt`: something could still be recorded as known before it. */
  | { readonly outcome: 'not_reached'; readonly partitions: readonly number[] };

/** The balance of an account at `at`, as known at `knownAt`, all of one snapshot; what is held is now's. */
export function readBalanceAsOf(
  database: Database,
  account: Account,
  partitions: number,
  question: AsOfQuestion,
): Promise<AsOfReading> {
  const { at, knownAt } = question;
  return database.ofOneSnapshot(async (client) => {
    const accounts = new Map([[formatAccount(account), account]]);
    const [snapshot, early] = await Promise.all([
      readStanding(client, accounts, partitions),
      at === undefined ? undefined : readBudgetsAsOf(client, account, { at, knownAt }),
    ]);
    const { now } = snapshot;
    if (knownAt !== undefined && knownAt > now) return { outcome: 'in_the_future', now };
    const behind = knownAt === undefined ? [] : partitionsBefore(snapshot, knownAt);
    if (behind.length > 0) return { outcome: 'not_reached', partitions: behind };
    const asked = { at: at ?? now, knownAt };
    const budgets = early ?? (await readBudgetsAsOf(client, account, asked));
    const balance = await balanceAsOf(client, account, partitions, snapshot, budgets, asked);
    return { outcome: 'read', balance };
  });
}

/** Of all partitions, whichever feed the account: any may hold a budget. */
function partitionsBefore({ fences }: Snapshot, instant: Instant): number[] {
  const behind = [...fences].filter(
    ([, { knownAt }]) => knownAt === undefined || knownAt < instant,
  );
  return behind.map(([partition]) => partition).sort((a, b) => a - b);
}

async function balanceAsOf(
  client: Prepared,
  account: Account,
  partitions: number,
  snapshot: Snapshot,
  budgets: readonly Budget[],
  { at, knownAt }: AsOfQuestion & { readonly at: Instant },
): Promise<Balance> {
  const { positionText: position } = snapshot;
  const windows = budgets.map(({ window }) => windowOf(window, at));
  const froms = [null, ...windows.map(({ start }) => start)];
  const asOf = { until: at, knownAt };
  const [allTime, ...spent] = await readSumsAsOf(client, account, partitions, froms, asOf);
  const name = formatAccount(account);
  const heldPico = snapshot.heldOf(name);
  return {
    account: name,
    spentAllTimePico: allTime!.spentPico,
    heldPico,
    unpriced: allTime!.unpriced,
    budgets: budgets.map((budget, n) =>
      judge(
        { budget, account, window: windows[n]!, spentPico: spent[n]!.spentPico, heldPico },
        undefined,
      ),
    ),
    position,
    asOf: freshnessOf(snapshot, partitions).asOf ?? 0n,
  };
}

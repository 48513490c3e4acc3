import {
  formatAccount,
  picoOfDecimal,
  type Account,
  type Budget,
  type BudgetState,
  type BudgetTarget,
  type Instant,
} from '#libs/ledger';
import type { Prepared } from '#libs/postgres';
import { readBudget } from '#libs/wire';
import type { BudgetedTargets } from './budgeted-targets';
import { Feed, instantOfColumn } from './feed';
import { Snapshot, type Fence, type WindowOfAccount } from './snapshot';
import {
  askSnapshot,
  askStanding,
  type SnapshotQuestion,
  type SnapshotRow,
} from './snapshot-statement';

type Accounts = ReadonlyMap<string, Account>;

/** Each reading after the second needs another budget, or another batch, to have come between the two before. */
const MOST_READINGS = 8;

/**
 * Reads the balances of accounts, the budgets that apply to them, and how far the projection is. All of it is of one
 * statement, so that inside a transaction, too, it is of one snapshot.
 * @param floor the clock it is read at shows this or later
 */
export function readSnapshot(
  client: Prepared,
  accounts: Accounts,
  partitions: number,
  floor?: Instant,
): Promise<Snapshot> {
  const question = { accounts, balances: accounts, partitions, floor, windows: [] };
  return readWhole(client, question, (snapshot) => snapshot.missingSums(accounts));
}

/**
 * Likewise for a decision: of persons and pools the balance is read only where a budget is on them.
 * @param given.budgeted on which of them budgets were lately; it learns
 * @param given.balances whose balances are read in any case
 */
export function readForDecision(
  client: Prepared,
  accounts: Accounts,
  partitions: number,
  given: {
    readonly budgeted: BudgetedTargets;
    readonly balances?: Accounts;
    readonly floor?: Instant | undefined;
  },
): Promise<Snapshot> {
  const { budgeted, floor } = given;
  const balances = budgeted.among(accounts);
  for (const [name, account] of given.balances ?? []) balances.set(name, account);
  const question = { accounts, balances, partitions, floor, windows: [] };
  return readWhole(
    client,
    question,
    (snapshot) => snapshot.missingSums(accounts),
    (target) => budgeted.note(target),
  );
}

/** How far the projection is, and what accounts have spent over all time and set aside: a snapshot without budgets. */
export async function readStanding(
  client: Prepared,
  accounts: Accounts,
  partitions: number,
): Promise<Snapshot> {
  const rows = await client.prepared<SnapshotRow>(
    ...askStanding({ balances: accounts, partitions, floor: undefined }),
  );
  return snapshotOf(rows, accounts, []).snapshot;
}

/** The numbers of one budget on one account, whether or not the budget is on record. */
export async function readStateOf(
  client: Prepared,
  budget: Budget,
  account: Account,
  partitions: number,
): Promise<BudgetState> {
  const accounts = new Map([[formatAccount(account), account]]);
  const question = { accounts, balances: accounts, partitions, floor: undefined, windows: [] };
  const snapshot = await readWhole(client, question, (read) => read.missingSum(budget, account));
  return snapshot.stateOf(budget, account);
}

/**
 * Balances that turn out to be needed are read, and what is not kept of windows is computed, with all the rest read anew:
 * two statements would be of two snapshots.
 */
async function readWhole(
  client: Prepared,
  question: SnapshotQuestion,
  missingOf: (snapshot: Snapshot) => readonly WindowOfAccount[],
  onUnread: (budgeted: BudgetTarget) => void = () => undefined,
): Promise<Snapshot> {
  let { windows, balances } = question;
  for (let reading = 0; reading < MOST_READINGS; reading++) {
    const snapshot = await readOnce(client, { ...question, balances, windows });
    const unread = unreadOf(snapshot, question.accounts, balances, onUnread);
    if (unread.length > 0) {
      balances = new Map([...balances, ...unread]);
      continue;
    }
    const missing = missingOf(snapshot);
    if (missing.length === 0) return snapshot;
    windows = [...windows, ...missing];
  }
  throw new Error('budgets change faster than their windows are read');
}

/** The accounts that have budgets, and whose balances are not there. */
function unreadOf(
  snapshot: Snapshot,
  accounts: Accounts,
  balances: Accounts,
  onUnread: (budgeted: BudgetTarget) => void,
): [name: string, account: Account][] {
  if (accounts.size === balances.size) return [];
  return [...accounts].filter(([name, account]) => {
    const target = balances.has(name) ? undefined : snapshot.budgetedTarget(account, name);
    if (target !== undefined) onUnread(target);
    return target !== undefined;
  });
}

interface Reading {
  readonly names: readonly string[];
  readonly fences: Map<number, Fence>;
  readonly snapshot: Snapshot;
  /** Of the windows asked about. */
  readonly sums: bigint[];
}

async function readOnce(client: Prepared, question: SnapshotQuestion): Promise<Snapshot> {
  const rows = await client.prepared<SnapshotRow>(...askSnapshot(question));
  const { balances, windows } = question;
  const { snapshot, sums } = snapshotOf(rows, balances, windows);
  windows.forEach((window, n) => snapshot.addSpentInWindow(window, sums[n]!));
  return snapshot;
}

function snapshotOf(
  rows: readonly SnapshotRow[],
  accounts: Accounts,
  windows: SnapshotQuestion['windows'],
): Reading {
  const fences = new Map<number, Fence>();
  const snapshot = new Snapshot(fences);
  const sums = windows.map(() => 0n);
  const reading = { names: [...accounts.keys()], fences, snapshot, sums };
  for (const row of rows) take(reading, row);
  return reading;
}

function take(
  { names, fences, snapshot, sums }: Reading,
  [kind, n, partition, first, second, third, fourth, fifth]: SnapshotRow,
): void {
  switch (kind) {
    case 'clock':
      snapshot.now = instantOfColumn(third!);
      return;
    case 'fence':
      fences.set(partition!, {
        nextOffset: BigInt(first),
        caughtUpAt: third === null ? undefined : instantOfColumn(third),
        ...(fourth !== null && { knownAt: instantOfColumn(fourth) }),
      });
      return;
    case 'held':
      snapshot.changeHeld(second, picoOfDecimal(first) - picoOfDecimal(third!));
      snapshot.addDue({ partition, account: second, sums: n });
      return;
    case 'budget':
      snapshot.addBudget(second, readBudget(first, third!));
      return;
    case 'required':
      snapshot.addRequired(readBudget(first, third!));
      return;
    case 'account': {
      const [spentPico, flippedPico] = [picoOfDecimal(first), picoOfDecimal(fifth!)];
      snapshot.addFeed(names[n]!, new Feed(spentPico, Number(second), third!, fourth, flippedPico));
      return;
    }
    case 'sum':
      sums[n]! += picoOfDecimal(first);
  }
}

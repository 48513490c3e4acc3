import {
  defaultTargetOf,
  formatAccount,
  picoOfDecimal,
  type Account,
  type Budget,
  type BudgetState,
} from '#libs/ledger';
import type { Database, Prepared, PreparedStatement } from '#libs/postgres';
import { readBudget } from '#libs/wire';
import { ACCOUNT_COLUMNS, accountArrays, unnestAccounts } from './account-columns';
import { Feed, instantOfColumn } from './feed';
import { readSums } from './read-sums';
import { Snapshot, type Fence } from './snapshot';

/**
 * Everything that answers about a set of accounts need, in one statement and so in one snapshot: a check and a balance
 * read at equal position cannot differ. Any number of questions share one call. What is not kept of a window is
 * computed.
 */
const READ: PreparedStatement = { name: 'read-snapshot', text: readStatement() };

function readStatement(): string {
  const asked = unnestAccounts([['n', 'int']]);
  const parameters = ACCOUNT_COLUMNS.reduce((sum, { columns }) => sum + 1 + columns.length, 0);
  const accounts = ACCOUNT_COLUMNS.map(
    ({ kind, columns }) => `
    union all
    select 'account', n, partition, spent::text, unpriced::text, latest_time::text, windows::text
    from ${asked[kind]}
    join ${kind}_balance using (${columns.map(([name]) => name).join(', ')})`,
  );
  return `
    with clock as materialized (select ledger_now() as now)
    select 'clock', 0, 0, null, null, now::text, null from clock
    union all
    select 'fence', 0, partition, next_offset::text, null, caught_up_at::text, null
    from projection_partition
    ${accounts.join('')}
    union all
    select 'budget', 0, partition, budget_id, account, definition, null
    from budget_revision b, clock
    where account = any($${parameters + 1}) and not superseded
      and (valid_until is null or valid_until > clock.now)
      and not exists (
        select from budget_revision higher
        where higher.partition = b.partition and higher.budget_id = b.budget_id
          and higher.revision > b.revision
          and (higher.valid_until is null or higher.valid_until > clock.now))`;
}

type Row = readonly [
  kind: 'clock' | 'fence' | 'account' | 'budget',
  /** Which of the accounts asked about. */
  n: number,
  partition: number,
  first: string,
  second: string,
  third: string | null,
  windows: string | null,
];

type Accounts = ReadonlyMap<string, Account>;

/** Reads the balances of accounts, the budgets that apply to them, and how far the projection is. */
export async function readSnapshot(
  database: Database,
  accounts: Accounts,
  partitions: number,
): Promise<Snapshot> {
  const snapshot = await readRows(database, accounts, partitions);
  if (snapshot.missingSums(accounts).length === 0) return snapshot;
  return database.atOneInstant(async (client) => {
    const again = await readRows(client, accounts, partitions);
    await readSums(client, again, again.missingSums(accounts), partitions);
    return again;
  });
}

/** The numbers of one budget on one account, whether or not the budget is on record. */
export async function readStateOf(
  database: Database,
  budget: Budget,
  account: Account,
  partitions: number,
): Promise<BudgetState> {
  return database.atOneInstant(async (client) => {
    const accounts = new Map([[formatAccount(account), account]]);
    const snapshot = await readRows(client, accounts, partitions);
    await readSums(client, snapshot, snapshot.missingSum(budget, account), partitions);
    return snapshot.stateOf(budget, account);
  });
}

async function readRows(
  client: Prepared,
  accounts: Accounts,
  partitions: number,
): Promise<Snapshot> {
  const names = [...accounts.keys()];
  const rows = await client.prepared<Row>(READ, parameters(accounts, partitions));
  const fences = new Map<number, Fence>();
  const snapshot = new Snapshot(fences);
  for (const row of rows) take(snapshot, fences, names, row);
  return snapshot;
}

function take(
  snapshot: Snapshot,
  fences: Map<number, Fence>,
  names: readonly string[],
  [kind, n, partition, first, second, third, windows]: Row,
): void {
  switch (kind) {
    case 'clock':
      snapshot.now = instantOfColumn(third!);
      return;
    case 'fence':
      fences.set(partition, {
        nextOffset: BigInt(first),
        caughtUpAt: third === null ? undefined : instantOfColumn(third),
      });
      return;
    case 'budget':
      snapshot.addBudget(second, partition, readBudget(first, third!));
      return;
    case 'account':
      snapshot.addFeed(names[n]!, new Feed(picoOfDecimal(first), Number(second), third!, windows));
  }
}

function parameters(accounts: Accounts, partitions: number): unknown[] {
  const targets = new Set<string>();
  const asked: [Account, number][] = [];
  for (const [name, account] of accounts) {
    targets.add(name).add(defaultTargetOf(account));
    asked.push([account, asked.length]);
  }
  return [...accountArrays(asked, 1, partitions), [...targets]];
}

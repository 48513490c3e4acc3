import {
  formatAccount,
  formatInstant,
  partitionOfAccount,
  picoOfDecimal,
  type Account,
  type BudgetState,
} from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { isBounded, type Snapshot } from './snapshot';

/** Of each kind of account its columns and what finds its events, each by an index that ends in `time`. */
const KINDS: Readonly<Record<Account['kind'], { columns: readonly string[]; where: string }>> = {
  key: { columns: ['key_id text'], where: 'e.key_id = a.key_id' },
  user: {
    columns: ['partition int', 'user_id text'],
    where: `e.partition = a.partition and e.scope_type = 'user' and e.user_id = a.user_id`,
  },
  team: {
    columns: ['partition int', 'team_id text'],
    where: `e.partition = a.partition and e.scope_type = 'team' and e.team_id = a.team_id`,
  },
  member: {
    columns: ['partition int', 'team_id text', 'user_id text'],
    where: `e.partition = a.partition and e.scope_type = 'team' and e.team_id = a.team_id
      and e.user_id = a.user_id`,
  },
};
const OF_ALL = ['n int', 'since timestamptz', 'until timestamptz'];

/** Any number of windows of any accounts, `n` of them each in the columns of its kind. */
const SUMS: PreparedStatement = { name: 'sums-in-windows', text: sumsInWindows() };

function sumsInWindows(): string {
  let parameter = 0;
  const sums = Object.values(KINDS).map(({ columns, where }) => {
    const all = [...OF_ALL, ...columns];
    const arrays = all.map((column) => `$${++parameter}::${column.split(' ')[1]}[]`);
    const names = all.map((column) => column.split(' ')[0]);
    return `
      select a.n, (
        select coalesce(sum(amount), 0)::text from spend_event e
        where ${where} and e.time >= a.since and e.time < a.until)
      from unnest(${arrays.join()}) as a (${names.join()})`;
  });
  return sums.join(' union all ');
}

/** Adds to a snapshot what was spent in each window that is less than all time, by the events' own times. */
export async function readSums(
  client: Prepared,
  snapshot: Snapshot,
  states: readonly BudgetState[],
  partitions: number,
): Promise<void> {
  const asked = states.filter(({ window }) => isBounded(window));
  const rows = await client.prepared<readonly [number, string]>(
    SUMS,
    parameters(asked, partitions),
  );
  for (const [n, sum] of rows) {
    const { account, budget } = asked[n]!;
    snapshot.addSpentInWindow(formatAccount(account), budget.budgetId, picoOfDecimal(sum));
  }
}

function parameters(asked: readonly BudgetState[], partitions: number): unknown[] {
  return Object.entries(KINDS).flatMap(([kind, { columns }]) => {
    const arrays: unknown[][] = [...OF_ALL, ...columns].map(() => []);
    for (const [n, { account, window }] of asked.entries()) {
      if (account.kind !== kind) continue;
      const since = window.start === null ? '-infinity' : formatInstant(window.start);
      const until = window.end === null ? 'infinity' : formatInstant(window.end);
      const row = [n, since, until, ...idsOf(account, partitions)];
      for (const [column, value] of row.entries()) arrays[column]!.push(value);
    }
    return arrays;
  });
}

/** In the order of the columns of its kind. */
function idsOf(account: Account, partitions: number): unknown[] {
  const partition = partitionOfAccount(account, partitions);
  switch (account.kind) {
    case 'key':
      return [account.keyId];
    case 'user':
      return [partition, account.userId];
    case 'team':
      return [partition, account.teamId];
    case 'member':
      return [partition, account.teamId, account.userId];
  }
}

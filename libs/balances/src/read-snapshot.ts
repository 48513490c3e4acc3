import {
  formatAccount,
  instantOf,
  partitionOfAccount,
  picoOfDecimal,
  defaultTargetOf,
  type Account,
  type Budget,
  type BudgetState,
  type Instant,
} from '#libs/ledger';
import type { Database, Prepared, PreparedStatement } from '#libs/postgres';
import { cachedBudget } from './budget-cache';
import { readSums } from './read-sums';
import { Snapshot, type Fence, type Sums } from './snapshot';

/**
 * Everything that answers about a set of accounts need, in one statement and so in one snapshot: a check and a balance
 * read at equal position cannot differ. Any number of questions share one call.
 */
const READ: PreparedStatement = {
  name: 'read-snapshot',
  text: `
    with clock as materialized (select ledger_now() as now)
    select 'clock', 0, null, null, null, now::text from clock
    union all
    select 'fence', partition, null, null, next_offset::text, caught_up_at::text
    from projection_partition
    union all
    select 'key', 0, key_id, null, spent::text, unpriced::text
    from key_balance where key_id = any($1)
    union all
    select 'user', 0, user_id, null, spent::text, unpriced::text
    from unnest($2::int[], $3::text[]) as asked (partition, user_id)
    join user_balance using (partition, user_id)
    union all
    select 'team', 0, team_id, null, spent::text, unpriced::text
    from unnest($4::int[], $5::text[]) as asked (partition, team_id)
    join team_balance using (partition, team_id)
    union all
    select 'member', 0, team_id, user_id, spent::text, unpriced::text
    from unnest($6::int[], $7::text[], $8::text[]) as asked (partition, team_id, user_id)
    join member_balance using (partition, team_id, user_id)
    union all
    select 'budget', partition, budget_id, account, null, definition
    from budget_revision b, clock
    where account = any($9) and not superseded and (valid_until is null or valid_until > clock.now)
      and not exists (
        select from budget_revision higher
        where higher.partition = b.partition and higher.budget_id = b.budget_id
          and higher.revision > b.revision
          and (higher.valid_until is null or higher.valid_until > clock.now))`,
};

type Row = readonly [
  kind: 'clock' | 'fence' | 'key' | 'user' | 'team' | 'member' | 'budget',
  partition: number,
  id: string,
  second: string,
  third: string,
  fourth: string,
];

/** Reads the balances of accounts, the budgets that apply to them, and how far the projection is. */
export async function readSnapshot(
  database: Database,
  accounts: ReadonlyMap<string, Account>,
  partitions: number,
): Promise<Snapshot> {
  const snapshot = await readRows(database, accounts, partitions);
  if (!snapshot.needsSums(accounts)) return snapshot;
  return database.atOneInstant(async (client) => {
    const again = await readRows(client, accounts, partitions);
    const states = [...accounts.values()].flatMap((account) => again.statesOf(account));
    await readSums(client, again, states, partitions);
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
    await readSums(client, snapshot, [snapshot.stateOf(budget, account)], partitions);
    return snapshot.stateOf(budget, account);
  });
}

async function readRows(
  client: Prepared,
  accounts: ReadonlyMap<string, Account>,
  partitions: number,
): Promise<Snapshot> {
  const rows = await client.prepared<Row>(READ, parameters(accounts, partitions));
  const fences = new Map<number, Fence>();
  const sums = new Map<string, Sums>();
  const snapshot = new Snapshot(fences, sums);
  for (const row of rows) take(snapshot, fences, sums, row);
  return snapshot;
}

function take(
  snapshot: Snapshot,
  fences: Map<number, Fence>,
  sums: Map<string, Sums>,
  [kind, partition, id, second, third, fourth]: Row,
): void {
  switch (kind) {
    case 'clock':
      snapshot.now = instantOfText(fourth);
      return;
    case 'fence':
      fences.set(partition, {
        nextOffset: BigInt(third),
        caughtUpAt: fourth === null ? undefined : instantOfText(fourth),
      });
      return;
    case 'budget':
      snapshot.addBudget(second, partition, cachedBudget(id, fourth));
      return;
    case 'key':
      return add(sums, formatAccount({ kind, keyId: id }), third, fourth);
    case 'user':
      return add(sums, formatAccount({ kind, userId: id }), third, fourth);
    case 'team':
      return add(sums, formatAccount({ kind, teamId: id }), third, fourth);
    case 'member':
      return add(sums, formatAccount({ kind, teamId: id, userId: second }), third, fourth);
  }
}

/** A key can have a row in several partitions; its balance is their sum. */
function add(sums: Map<string, Sums>, account: string, spent: string, unpriced: string): void {
  const known = sums.get(account);
  const spentPico = picoOfDecimal(spent);
  sums.set(account, {
    spentPico: known ? known.spentPico + spentPico : spentPico,
    unpriced: (known?.unpriced ?? 0) + Number(unpriced),
  });
}

function parameters(accounts: ReadonlyMap<string, Account>, partitions: number): unknown[] {
  const keys: string[] = [];
  const users: [number[], string[]] = [[], []];
  const teams: [number[], string[]] = [[], []];
  const members: [number[], string[], string[]] = [[], [], []];
  const targets = new Set<string>();
  for (const [name, account] of accounts) {
    targets.add(name).add(defaultTargetOf(account));
    if (account.kind === 'key') {
      keys.push(account.keyId);
      continue;
    }
    const partition = partitionOfAccount(account, partitions)!;
    const columns = account.kind === 'user' ? users : account.kind === 'team' ? teams : members;
    columns[0].push(partition);
    columns[1].push(account.kind === 'user' ? account.userId : account.teamId);
    if (account.kind === 'member') members[2].push(account.userId);
  }
  return [keys, ...users, ...teams, ...members, [...targets]];
}

/** A timestamp as Postgres writes it in UTC. */
function instantOfText(text: string): Instant {
  return instantOf(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
}

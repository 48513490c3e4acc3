import { sql, type RawBuilder } from 'kysely';
import {
  formatAccount,
  partitionOfScope,
  picoOfDecimal,
  type Account,
  type Window,
} from '#libs/ledger';
import { entriesOf, SPENDS, UNPRICED } from '../account-entries';
import { storedBounds } from '#libs/wire';
import { isIn } from './entry';
import type { OneInstant } from '#libs/postgres';

/** Spends that somebody might look for in an account, where they are, and why they are not in it. */
export interface NotCounted {
  readonly account: string;
  readonly spentPico: bigint;
  readonly calls: number;
  readonly unpriced: number;
  readonly reason: string;
}

interface Row {
  readonly account: Account;
  readonly spent: string;
  readonly calls: bigint;
  readonly unpriced: bigint;
  readonly reason: string;
}

interface Sums {
  readonly spent: string;
  readonly calls: bigint;
  readonly unpriced: bigint;
}

const SUMS = sql`coalesce(sum(entry.amount), 0) as spent, ${SPENDS} as calls, ${UNPRICED} as unpriced`;

/** The greatest first. */
export async function readNotCounted(
  client: OneInstant,
  account: Account,
  span: Window,
  partitions: number,
): Promise<NotCounted[]> {
  const rows = [
    ...(await ofOthers(client, account, span, partitions)),
    ...(await ofOtherTimes(client, account, span, partitions)),
  ];
  return rows
    .map(({ account: elsewhere, spent, calls, unpriced, reason }) => ({
      account: formatAccount(elsewhere),
      spentPico: picoOfDecimal(spent),
      calls: Number(calls),
      unpriced: Number(unpriced),
      reason,
    }))
    .sort((a, b) => (a.spentPico === b.spentPico ? 0 : a.spentPico > b.spentPico ? -1 : 1));
}

function ofOthers(
  client: OneInstant,
  account: Account,
  span: Window,
  partitions: number,
): Promise<Row[]> {
  switch (account.kind) {
    case 'key':
      // Whoever pays: a key counts every call that was made with it.
      return Promise.resolve([]);
    case 'user':
      return together([
        () => memberships(client, account.userId, span, undefined),
        () => namelessCalls(client, account.userId, span, partitions),
      ]);
    case 'member':
      return together([
        () => personalCalls(client, [account.userId], span, partitions),
        () => memberships(client, account.userId, span, account.teamId),
        () => teamCallsOfNobody(client, account.teamId, span, partitions),
      ]);
    case 'team':
      return membersOf(client, account.teamId, partitions).then((members) =>
        personalCalls(client, members, span, partitions),
      );
  }
}

/** One after the other: they share a connection. */
async function together(reads: readonly (() => Promise<Row[]>)[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const read of reads) rows.push(...(await read()));
  return rows;
}

/** What a person spent of teams' money. */
async function memberships(
  client: OneInstant,
  userId: string,
  span: Window,
  butOf: string | undefined,
): Promise<Row[]> {
  const { rows } = await sql<Sums & { team_id: string }>`
    select entry.team_id, ${SUMS}
    from member_balance b join spend_event entry
      on entry.partition = b.partition and entry.scope_type = 'team' and entry.team_id = b.team_id and entry.user_id = b.user_id
    where b.user_id = ${userId} ${butOf === undefined ? sql`` : sql`and b.team_id <> ${butOf}`} and ${isIn(span)}
    group by entry.team_id`.execute(client);
  return rows.map(({ team_id: teamId, ...sums }) => ({
    account: { kind: 'member', teamId, userId },
    ...sums,
    reason: paidBy(teamId),
  }));
}

/** What was spent with keys that a person has used, where it was not said who spent it. */
async function namelessCalls(
  client: OneInstant,
  userId: string,
  span: Window,
  partitions: number,
): Promise<Row[]> {
  const own = entriesOf({ kind: 'user', userId }, partitions);
  const { rows } = await sql<Sums & { key_id: string; team_id: string | null }>`
    with her as materialized (
      select entry.key_id from spend_event entry where ${own} and entry.key_id is not null
      union
      select entry.key_id from member_balance b join spend_event entry
        on entry.partition = b.partition and entry.scope_type = 'team' and entry.team_id = b.team_id and entry.user_id = b.user_id
      where b.user_id = ${userId} and entry.key_id is not null
    )
    select entry.key_id, entry.team_id, ${SUMS}
    from her join spend_event entry using (key_id)
    where entry.user_id is null and ${isIn(span)}
    group by entry.key_id, entry.team_id`.execute(client);
  return rows.map(({ key_id: keyId, team_id: teamId, ...sums }) => ({
    account: { kind: 'key', keyId },
    ...sums,
    reason:
      teamId === null
        ? 'of the key alone, whoever used it'
        : `${paidBy(teamId)}, and names no user`,
  }));
}

async function membersOf(
  client: OneInstant,
  teamId: string,
  partitions: number,
): Promise<readonly string[]> {
  const partition = partitionOfScope({ type: 'team', teamId }, partitions);
  const rows = await client
    .selectFrom('member_balance')
    .select('user_id')
    .where('partition', '=', partition)
    .where('team_id', '=', teamId)
    .execute();
  return rows.map((row) => row.user_id);
}

/** What people spent of their own. */
async function personalCalls(
  client: OneInstant,
  userIds: readonly string[],
  span: Window,
  partitions: number,
): Promise<Row[]> {
  const homes = userIds.map((userId) => partitionOfScope({ type: 'user', userId }, partitions));
  const { rows } = await sql<Sums & { user_id: string }>`
    select entry.user_id, ${SUMS}
    from unnest(${homes}::int[], ${userIds}::text[]) as asked (partition, user_id)
    join spend_event entry on entry.partition = asked.partition and entry.user_id = asked.user_id and entry.scope_type = 'user'
    where ${isIn(span)}
    group by entry.user_id`.execute(client);
  return rows.map(({ user_id: userId, ...sums }) => ({
    account: { kind: 'user', userId },
    ...sums,
    reason: 'personal, and paid by the user',
  }));
}

/** What a team spent without saying through whom. */
async function teamCallsOfNobody(
  client: OneInstant,
  teamId: string,
  span: Window,
  partitions: number,
): Promise<Row[]> {
  const account: Account = { kind: 'team', teamId };
  const condition = sql`${entriesOf(account, partitions)} and entry.user_id is null and ${isIn(span)}`;
  return sumUp(client, condition, account, 'names no user');
}

/** What became known in the time of the window and was spent at another. */
async function ofOtherTimes(
  client: OneInstant,
  account: Account,
  span: Window,
  partitions: number,
): Promise<Row[]> {
  if (span.start === null && span.end === null) return [];
  const { starts, ends } = storedBounds(span);
  const own = entriesOf(account, partitions);
  const known = sql`entry.known_at >= ${starts}::timestamptz and entry.known_at < ${ends}::timestamptz`;
  return together([
    () =>
      sumUp(
        client,
        sql`${own} and ${known} and entry.time < ${starts}::timestamptz`,
        account,
        'spent before the window, and known in it',
      ),
    () =>
      sumUp(
        client,
        sql`${own} and ${known} and entry.time >= ${ends}::timestamptz`,
        account,
        'spent after the window, and known in it',
      ),
  ]);
}

async function sumUp(
  client: OneInstant,
  condition: RawBuilder<unknown>,
  account: Account,
  reason: string,
): Promise<Row[]> {
  const { rows } = await sql<Sums & { entries: bigint }>`
    select ${SUMS}, count(*) as entries from spend_event entry where ${condition}`.execute(client);
  const { entries, ...sums } = rows[0]!;
  return entries === 0n ? [] : [{ account, ...sums, reason }];
}

function paidBy(teamId: string): string {
  return `paid by ${formatAccount({ kind: 'team', teamId }).replace(':', ' ')}`;
}

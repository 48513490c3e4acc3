import { sql } from 'kysely';
import { formatAccount, type Account, type Window } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { isIn } from '../entry';
import { ofAccountIn } from '../explain-window';
import { SUMS, sumUp, type Elsewhere, type Sums } from './elsewhere';

/** What a person spent of teams' money. */
export async function memberships(
  client: OneInstant,
  userId: string,
  span: Window,
  butOf: string | undefined,
): Promise<Elsewhere[]> {
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

/** The teams that a person has spent in. */
export async function teamsOf(client: OneInstant, userId: string): Promise<readonly string[]> {
  const rows = await client
    .selectFrom('member_balance')
    .select('team_id')
    .where('user_id', '=', userId)
    .orderBy('team_id')
    .execute();
  return rows.map((row) => row.team_id);
}

/** What a team spent without saying through whom. */
export async function teamCallsOfNobody(
  client: OneInstant,
  teamId: string,
  span: Window,
  partitions: number,
): Promise<Elsewhere[]> {
  const account: Account = { kind: 'team', teamId };
  const condition = sql`${ofAccountIn(account, span, partitions)} and entry.user_id is null`;
  return sumUp(client, condition, account, 'names no user');
}

export function paidBy(teamId: string): string {
  return `paid by ${formatAccount({ kind: 'team', teamId }).replace(':', ' ')}`;
}

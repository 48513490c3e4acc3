import { sql } from 'kysely';
import { partitionOfScope, type Window } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { isIn } from '../entry';
import { SUMS, type Elsewhere, type Sums } from './elsewhere';

export async function membersOf(
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
export async function personalCalls(
  client: OneInstant,
  userIds: readonly string[],
  span: Window,
  partitions: number,
): Promise<Elsewhere[]> {
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

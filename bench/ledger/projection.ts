import { sql } from 'kysely';
import type { Database } from '#libs/postgres';

/** As if no record of the log had ever been projected. No projector may run. */
export async function resetProjection({ kysely }: Database): Promise<void> {
  await sql`truncate spend_event, key_balance, user_balance, team_balance, member_balance`.execute(
    kysely,
  );
  await sql`
    update projection_partition
    set next_offset = 0, epoch = epoch + 1, known_at = null, caught_up_at = null`.execute(kysely);
  await sql`checkpoint`.execute(kysely);
}

/** How many records of the log are projected, over all partitions. */
export async function projectedRecords({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ records: string }>`
    select sum(next_offset)::text as records from projection_partition`.execute(kysely);
  return Number(rows[0]!.records);
}

/** How many events are in the balances. @throws Error when these are not the sums of their events */
export async function balancedEvents({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ events: string; isWhole: boolean }>`
    select count(*)::text as events, coalesce(
      (select sum(spent) from key_balance) = sum(amount) filter (where key_id is not null) and
      (select sum(spent) from user_balance) = sum(amount) filter (where scope_type = 'user') and
      (select sum(spent) from team_balance) = sum(amount) filter (where scope_type = 'team') and
      (select sum(spent) from member_balance) =
        sum(amount) filter (where scope_type = 'team' and user_id is not null), false) as "isWhole"
    from spend_event`.execute(kysely);
  if (!rows[0]!.isWhole) throw new Error('a balance is not the sum of its events');
  return Number(rows[0]!.events);
}

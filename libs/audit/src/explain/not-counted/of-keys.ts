import { sql } from 'kysely';
import type { Window } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { entriesOf } from '#libs/balances';
import { isIn } from '../entry';
import { SUMS, type Elsewhere, type Sums } from './elsewhere';
import { paidBy } from './of-teams';

/**
 * What was spent with keys that a person has used, where it was not said who spent it.
 * @param butOf teams whose calls are left out
 */
export async function namelessCalls(
  client: OneInstant,
  userId: string,
  span: Window,
  partitions: number,
  butOf: readonly string[] = [],
): Promise<Elsewhere[]> {
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
      and (entry.team_id is null or entry.team_id <> all(${butOf}::text[]))
    group by entry.key_id, entry.team_id`.execute(client);
  return rows.map(({ key_id: keyId, team_id: teamId, ...sums }) => ({
    account: { kind: 'key', keyId },
    ...sums,
    reason:
      teamId === null
        ? 'of the key alone, and names no user'
        : `${paidBy(teamId)}, and names no user`,
  }));
}

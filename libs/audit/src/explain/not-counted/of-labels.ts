import { sql } from 'kysely';
import type { LabelAccount, Window } from '#libs/ledger';
import type { OneInstant } from '#libs/postgres';
import { isIn } from '../entry';
import { ofAccountIn } from '../explain-window';
import { SUMS, type Elsewhere, type Sums } from './elsewhere';

/** What the teams that spent the most with a label, at most so many, spent without it. */
export async function unlabelledCalls(
  client: OneInstant,
  account: LabelAccount,
  span: Window,
  partitions: number,
  most: number,
): Promise<Elsewhere[]> {
  const { name, value } = account;
  const { rows } = await sql<Sums & { team_id: string; is_unlabelled: boolean }>`
    with labelled as materialized (
      select entry.partition, entry.team_id from spend_event entry
      where ${ofAccountIn(account, span, partitions)} and entry.scope_type = 'team'
      group by entry.partition, entry.team_id
      order by coalesce(sum(entry.amount), 0) desc, entry.team_id limit ${most}
    )
    select entry.team_id, entry.labels ->> ${name}::text is null as is_unlabelled, ${SUMS}
    from labelled join spend_event entry
      on entry.partition = labelled.partition and entry.scope_type = 'team' and entry.team_id = labelled.team_id
    where entry.labels ->> ${name}::text is distinct from ${value}::text and ${isIn(span)}
    group by entry.team_id, is_unlabelled`.execute(client);
  return rows.map(({ team_id: teamId, is_unlabelled: isUnlabelled, ...sums }) => ({
    account: { kind: 'team', teamId },
    ...sums,
    reason: isUnlabelled ? `without the label ${name}` : `with another value of the label ${name}`,
  }));
}

import { sql, type RawBuilder } from 'kysely';
import { IS_LIVE } from '../read-rows';
import { DASHBOARD_TEAM, UNATTRIBUTED } from '../scope-of-row';
import { SPEND_LOGS } from '../tables';
import type { CounterKind } from './counter-tables';

/** A row's own owner, and what it costs as the ledger records it: nothing where that is not known. */
const ROWS = `
  select nullif(log."user", '') as user_id,
    nullif(nullif(log.team_id, ''), '${DASHBOARD_TEAM}') as team_id,
    case when coalesce(log.api_key, '') = '' then
        case when coalesce(log."user", '') = '' and coalesce(log.team_id, '') in ('', '${DASHBOARD_TEAM}')
          then '${UNATTRIBUTED}' end
      when log.api_key like 'sk-%' then encode(sha256(convert_to(log.api_key, 'UTF8')), 'hex')
      else log.api_key end as token,
    log."endTime" as at, round(log.spend::text::numeric, 12) as amount
  from "${SPEND_LOGS}" log
  where log.spend > 0 and log.spend < 'Infinity' and not (${IS_LIVE})`;

const OWNERS: Readonly<Record<CounterKind, { id: string; memberId: string; is: string }>> = {
  user: { id: 'spent.user_id', memberId: "''", is: 'spent.user_id is not null' },
  team: { id: 'spent.team_id', memberId: "''", is: 'spent.team_id is not null' },
  member: {
    id: 'spent.team_id',
    memberId: 'spent.user_id',
    is: 'spent.team_id is not null and spent.user_id is not null',
  },
  key: {
    id: 'coalesce(rotated.active, spent.token)',
    memberId: "''",
    is: 'spent.token is not null',
  },
};

/**
 * By owner, what rows come to in the present window of its counter. Of a user what teams paid stands apart: that is what
 * LiteLLM adds to the user's counter too (#26239).
 */
export function sumsOf(
  kind: CounterKind,
  counters: RawBuilder<unknown>,
  windows: RawBuilder<unknown>,
  activeKeys: ReadonlyMap<string, string>,
): RawBuilder<unknown> {
  const { id, memberId, is } = OWNERS[kind];
  const isTeams = kind === 'user' ? sql`spent.team_id is not null` : sql`false`;
  return sql`
    select owned.id, owned.member_id,
      coalesce(sum(amount) filter (where not is_teams), 0) as own,
      coalesce(sum(amount) filter (where is_teams), 0) as teams
    from (
      select ${sql.raw(id)} as id, ${sql.raw(memberId)} as member_id, ${isTeams} as is_teams,
        spent.at, spent.amount
      from (${sql.raw(ROWS)}) spent
      left join unnest(${[...activeKeys.keys()]}::text[], ${[...activeKeys.values()]}::text[])
        as rotated (token, active) on rotated.token = spent.token
      where ${sql.raw(is)}
    ) owned
    left join (
      select counters.id, counters.member_id, present.starts from ${counters} counters
      join (${windows}) present using (duration, reset_at)
    ) since on since.id = owned.id and since.member_id = owned.member_id
    where since.starts is null or owned.at >= since.starts
    group by owned.id, owned.member_id`;
}

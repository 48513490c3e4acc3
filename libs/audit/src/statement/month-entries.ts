import { sql, type RawBuilder } from 'kysely';
import {
  formatInstant,
  instantOf,
  monthsBetween,
  picoOfDecimal,
  type Instant,
  type Month,
} from '#libs/ledger';
import { storedBounds } from '#libs/wire';
import { entriesOf, UNPRICED } from '#libs/balances';
import type { OneInstant } from '#libs/postgres';
import type { ClosedMonths } from './closed-months';

/** Whose statement of which month it is. */
export interface Asked {
  readonly month: Month;
  /** `undefined`: of all teams. */
  readonly teamId: string | undefined;
  readonly closed: ClosedMonths;
  readonly partitions: number;
}

/** Figures of one team. */
export interface Sum {
  readonly teamId: string;
  readonly amountPico: bigint;
  readonly count: number;
  readonly unpriced: number;
}

export interface PartSum extends Sum {
  readonly kind: 'spend' | 'correction';
  /** What it is the sum of: all, or those of one model or one member. */
  readonly by: 'all' | 'model' | 'member';
  readonly name: string | null;
}

export interface AdjustmentSum extends Sum {
  readonly kind: 'spend' | 'correction';
  readonly month: Month;
}

interface Row {
  readonly team_id: string;
  readonly amount: string;
  readonly entries: bigint;
  readonly unpriced: bigint;
}

const SUMS = sql`coalesce(sum(entry.amount), 0) as amount, count(*) as entries, ${UNPRICED} as unpriced`;
const IS_CORRECTION = sql`(entry.adjusts_key is not null)`;

/** By team, what is in the statements of earlier months, as it was known when this one was closed. */
export async function sumOpening(client: OneInstant, asked: Asked): Promise<Sum[]> {
  const { starts } = storedBounds(asked.month.window);
  const { rows } = await sql<Row>`
    select entry.team_id, ${SUMS} from spend_event entry
    where ${ofTeams(asked)} and entry.time < ${starts}::timestamptz and ${wasKnown(asked)}
      and not (entry.known_at >= ${starts}::timestamptz and entry.known_at > ${asked.closed.closedAt})
    group by entry.team_id`.execute(client);
  return rows.map(sumOf);
}

/** By team, the entries of the month: all, by model and by member. */
export async function sumMonth(client: OneInstant, asked: Asked): Promise<PartSum[]> {
  const { starts, ends } = storedBounds(asked.month.window);
  const { rows } = await sql<
    Row & { corrects: boolean; by: PartSum['by']; model: string | null; user_id: string | null }
  >`
    select entry.team_id, corrects, entry.model, entry.user_id, ${SUMS},
           case when grouping(entry.model) = 0 then 'model' when grouping(entry.user_id) = 0 then 'member' else 'all' end as by
    from spend_event entry cross join lateral (select ${IS_CORRECTION} as corrects) as kind
    where ${ofTeams(asked)} and entry.time >= ${starts}::timestamptz and entry.time < ${ends}::timestamptz
      and ${wasKnown(asked)}
    group by grouping sets ((entry.team_id, corrects), (entry.team_id, corrects, entry.model), (entry.team_id, corrects, entry.user_id))
    order by sum(entry.amount) desc nulls last, entry.model nulls last, entry.user_id nulls last`.execute(
    client,
  );
  return rows.map((row) => ({
    ...sumOf(row),
    kind: row.corrects ? 'correction' : 'spend',
    by: row.by,
    name: row.by === 'model' ? row.model : row.user_id,
  }));
}

/** By team and month, what became known in this month of months that were closed by then. */
export async function sumAdjustments(client: OneInstant, asked: Asked): Promise<AdjustmentSum[]> {
  const { starts, ends } = storedBounds(asked.month.window);
  const { start } = asked.month.window;
  if (start === null) return [];
  const isAdjustment = sql`${ofTeams(asked)} and entry.time < ${starts}::timestamptz
    and entry.known_at >= ${starts}::timestamptz and entry.known_at < ${ends}::timestamptz
    and entry.known_at > ${asked.closed.closedAt}`;
  const first = await sql<{ since: string | null }>`
    select min(entry.time) as since from spend_event entry where ${isAdjustment}`.execute(client);
  const since = first.rows[0]!.since;
  if (since === null) return [];
  const months = monthsBetween(instantOf(since), start, asked.month.zone);
  const startsOfMonths = months.map((month) => storedBounds(month.window).starts);
  const { rows } = await sql<Row & { nth: number; corrects: boolean }>`
    select entry.team_id, width_bucket(entry.time, ${startsOfMonths}::timestamptz[]) as nth,
           ${IS_CORRECTION} as corrects, ${SUMS}
    from spend_event entry where ${isAdjustment}
    group by entry.team_id, nth, corrects order by nth`.execute(client);
  return rows.map((row) => ({
    ...sumOf(row),
    kind: row.corrects ? 'correction' : 'spend',
    month: months[row.nth - 1]!,
  }));
}

function ofTeams({ teamId, partitions }: Asked): RawBuilder<boolean> {
  if (teamId === undefined) return sql`entry.scope_type = 'team'`;
  return entriesOf({ kind: 'team', teamId }, partitions);
}

/** Of an open month that is all. */
function wasKnown({ month, closed }: Asked): RawBuilder<boolean> {
  const knownAt: Instant | undefined = closed.closing(month)?.knownAt;
  return knownAt === undefined
    ? sql`true`
    : sql`entry.known_at <= ${formatInstant(knownAt)}::timestamptz`;
}

function sumOf(row: Row): Sum {
  return {
    teamId: row.team_id,
    amountPico: picoOfDecimal(row.amount),
    count: Number(row.entries),
    unpriced: Number(row.unpriced),
  };
}

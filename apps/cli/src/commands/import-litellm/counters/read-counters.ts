import { sql, type RawBuilder } from 'kysely';
import { formatInstant, parseWindowRule, windowOf } from '#libs/ledger';
import type { LitellmDatabase } from '../litellm-database';
import { windowOfDuration, type ResetRules } from '../limits/window-of-duration';
import { instantOfTimestamp } from '../timestamp';
import { countersOf, type CounterKind } from './counter-tables';
import { sumsOf } from './sum-rows';

/** A counter of LiteLLM beside the sums of rows in its present window. Doubles and decimals as Postgres prints them. */
export interface CounterRow {
  readonly id: string;
  /** Of a member its user; empty for others. */
  readonly memberId: string;
  readonly alias: string | null;
  /** null: rows name it, and LiteLLM has no counter of it, or none any more. */
  readonly counter: string | null;
  readonly limit: string | null;
  /** Of a user: what is the user's own. Of others: all. */
  readonly own: string;
  /** Of a user: what teams paid. */
  readonly teams: string;
}

interface CounterPage {
  readonly rows: readonly CounterRow[];
  /** How many more there are; those with the largest differences are not among them. */
  readonly leftOut: number;
}

export interface CounterParts {
  readonly litellm: LitellmDatabase;
  readonly activeKeys: ReadonlyMap<string, string>;
  readonly rules: ResetRules;
  /** Most entities of each kind. */
  readonly most: number;
}

/**
 * Compares LiteLLM's counters with what its own rows come to. The sums are the database's: however many rows there are,
 * this process gets one for each entity, and of those at most so many.
 */
export async function readCounters(
  { litellm, activeKeys, rules, most }: CounterParts,
  kind: CounterKind,
): Promise<CounterPage> {
  const counters = countersOf(litellm, kind);
  const { kysely } = litellm.database;
  const windows = await presentWindows(litellm, counters, rules);
  const sums = sumsOf(kind, sql`counters`, windows, activeKeys);
  const { rows } = await sql<CounterRow & { total: bigint }>`
    with counters as materialized (${counters}), sums as (${sums})
    select id, member_id as "memberId", counters.alias, counters.counter::text as counter,
      counters.max_budget::text as limit, coalesce(sums.own, 0)::text as own,
      coalesce(sums.teams, 0)::text as teams, count(*) over () as total
    from counters full join sums using (id, member_id)
    where counters.counter is not null or sums.own <> 0 or sums.teams <> 0
    order by coalesce(sums.teams, 0) desc,
      abs(coalesce(counters.counter, 0) - coalesce(sums.own, 0)::float8) desc, id, member_id
    limit ${most}`.execute(kysely);
  return { rows, leftOut: Number(rows[0]?.total ?? 0n) - rows.length };
}

/** When the present window of each counter began, by its duration and next reset: few pairs stand for many counters. */
async function presentWindows(
  litellm: LitellmDatabase,
  counters: RawBuilder<unknown>,
  rules: ResetRules,
): Promise<RawBuilder<unknown>> {
  const { rows } = await sql<{ duration: string; resetAt: string }>`
    select distinct duration, reset_at::text as "resetAt" from (${counters}) counters
    where duration is not null and reset_at is not null`.execute(litellm.database.kysely);
  const starts = rows.map(({ duration, resetAt }) => startOf(duration, resetAt, rules));
  return sql`
    select * from unnest(${rows.map(({ duration }) => duration)}::text[],
      ${rows.map(({ resetAt }) => resetAt)}::timestamp[], ${starts}::timestamp[])
      as present (duration, reset_at, starts)`;
}

function startOf(duration: string, resetAt: string, rules: ResetRules): string | null {
  const reset = instantOfTimestamp(resetAt);
  const planned = windowOfDuration(duration, reset, rules);
  if (reset === undefined || planned === undefined) return null;
  const rule = parseWindowRule(planned.window, 'window');
  if (!rule.ok) return null;
  const { start } = windowOf(rule.value, reset - 1n);
  return start === null ? null : formatInstant(start);
}

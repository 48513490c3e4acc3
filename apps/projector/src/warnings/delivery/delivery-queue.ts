import { sql, type Selectable } from 'kysely';
import type { Database, WarningTable } from '#libs/postgres';

/** A warning whose next attempt is this process's to make, until its lease is over. */
export interface LeasedDelivery {
  readonly warning: Selectable<WarningTable>;
  /** It is no longer tried for. */
  readonly isTooOld: boolean;
  /** By the real clock: a receiver compares it with its own, which no CLOCK_OFFSET moves. */
  readonly timestampSeconds: number;
}

const MOST_COUNTED = 100_000;

/**
 * Takes warnings that are due. The time of the next attempt is set and the attempt counted before it is made, so that
 * no two processes make it at once, and one that dies with it has had its try.
 */
export async function leaseDeliveries(
  database: Database,
  most: number,
  { leaseMs, giveUpAfterMs }: { readonly leaseMs: number; readonly giveUpAfterMs: number },
): Promise<LeasedDelivery[]> {
  const { rows } = await sql<Selectable<WarningTable> & { is_too_old: boolean; epoch: number }>`
    with clock as materialized (select ledger_now() as now),
    due as materialized (
      select warning_id, warned_at < now - ${interval(giveUpAfterMs)} as is_too_old, now
      from clock join warning on next_attempt_at <= now
      order by next_attempt_at limit ${most}
      for update of warning skip locked)
    update warning
    set attempts = attempts + case when is_too_old then 0 else 1 end,
        next_attempt_at = now + ${interval(leaseMs)}
    from due where warning.warning_id = due.warning_id
    returning warning.*, is_too_old, floor(extract(epoch from clock_timestamp()))::int as epoch`.execute(
    database.kysely,
  );
  return rows.map(({ is_too_old, epoch, ...warning }) => ({
    warning,
    isTooOld: is_too_old,
    timestampSeconds: epoch,
  }));
}

/** It arrived, and stays delivered whichever process has its lease by now. */
export async function noteDelivered(database: Database, warningId: string): Promise<void> {
  await database.kysely
    .updateTable('warning')
    .set({ delivered_at: sql<string>`ledger_now()`, next_attempt_at: null, last_failure: null })
    .where('warning_id', '=', warningId)
    .execute();
}

/** It did not arrive. @param retryMs `undefined`: it is tried no more */
export async function noteFailure(
  database: Database,
  { warning_id, attempts }: Pick<Selectable<WarningTable>, 'warning_id' | 'attempts'>,
  failure: string,
  retryMs: number | undefined,
): Promise<void> {
  const next = retryMs === undefined ? null : sql<string>`ledger_now() + ${interval(retryMs)}`;
  await database.kysely
    .updateTable('warning')
    .set({ last_failure: failure, next_attempt_at: next })
    .where('warning_id', '=', warning_id)
    // Another one has made or makes the next attempt, if it is no longer the same.
    .where('attempts', '=', attempts)
    .where('delivered_at', 'is', null)
    .execute();
}

/** How many are still to be delivered, counted up to 100,000. */
export async function countBacklog(database: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (
      select from warning where next_attempt_at is not null limit ${MOST_COUNTED}) due`.execute(
    database.kysely,
  );
  return rows[0]!.count;
}

function interval(ms: number) {
  return sql`${ms}::float8 * interval '1 millisecond'`;
}

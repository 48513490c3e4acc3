import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { waitUntil } from './wait-until';

/**
 * Waits until so many sessions of a database wait for a lock.
 * @param heldBy the only session whose locks count: processes wait for each other's too, for a moment
 */
export async function untilSessionsWait(
  database: Database,
  count: number,
  heldBy?: number,
): Promise<void> {
  await waitUntil(`${count} sessions wait for a lock`, async () => {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'
        and (${heldBy ?? null}::int is null or ${heldBy ?? null} = any(pg_blocking_pids(pid)))`.execute(
      database.kysely,
    );
    return rows.length === count;
  });
}

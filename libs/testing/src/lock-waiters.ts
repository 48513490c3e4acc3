import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { waitUntil } from './wait-until';

/** Waits until so many sessions of a database wait for a lock. */
export async function untilSessionsWait(database: Database, count: number): Promise<void> {
  await waitUntil(`${count} sessions wait for a lock`, async () => {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(database.kysely);
    return rows.length === count;
  });
}

import { sql } from 'kysely';
import type { Database } from '#libs/postgres';

/** What a door writes; all other tables follow from the log. */
const TABLES = ['event_claim', 'outbox', 'log_record'];

/** How many rows each table has: equal before and after a refusal, or something was half done. */
export async function footprintOf(database: Database): Promise<unknown> {
  const counts = TABLES.map(
    (table) => sql`(select count(*)::int from ${sql.table(table)}) as ${sql.ref(table)}`,
  );
  const { rows } = await sql`select ${sql.join(counts)}`.execute(database.kysely);
  return rows[0];
}

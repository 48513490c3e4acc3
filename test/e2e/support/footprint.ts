import { sql } from 'kysely';
import type { Database } from '#libs/postgres';

/** Everything a request can leave behind. */
const TABLES = [
  'event_claim',
  'outbox',
  'log_record',
  'spend_event',
  'key_balance',
  'user_balance',
  'team_balance',
  'member_balance',
  'budget_revision',
  'quarantine',
];

/** How many rows each table has: equal before and after a refusal, or something was half done. */
export async function footprintOf(database: Database): Promise<unknown> {
  const counts = TABLES.map(
    (table) => sql`(select count(*)::int from ${sql.table(table)}) as ${sql.ref(table)}`,
  );
  const { rows } = await sql`select ${sql.join(counts)}`.execute(database.kysely);
  return rows[0];
}

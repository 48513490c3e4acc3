import { sql, type Kysely } from 'kysely';

/** Whose money a key was used for: each owner is found by one step in the index, however much the key has spent. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Of a long record it takes its time.
  await sql`set local statement_timeout = 0`.execute(db);
  await sql`
    create index spend_event_key_owners on spend_event (key_id, team_id, user_id)
    where key_id is not null`.execute(db);
}

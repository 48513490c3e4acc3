import { sql, type Kysely } from 'kysely';

/** What becomes of a hold that nobody has ended when it expires. Old holds are released, as they were meant. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table hold
      add column on_expiry text not null default 'release',
      add constraint hold_on_expiry_check
        check (on_expiry in ('release', 'unknown', 'charge')) not valid`.execute(db);
}

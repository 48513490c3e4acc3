import { sql, type Kysely } from 'kysely';

/** What calls are for, as their events say it, or as the ledger filled it in when it recorded them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Fences come first, as in a batch: a projector that has passed its own and then meets a table that is being changed
  // would wait for this, and this for it. What comes after it in the same transaction has them too.
  await sql`select from projection_partition order by partition for update`.execute(db);
  await sql`alter table spend_event add labels jsonb`.execute(db);
}

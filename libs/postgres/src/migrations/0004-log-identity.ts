import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // Null: the log is in this database. A ledger stays with the log it was created on.
  await sql`alter table ledger add log_id text`.execute(db);
  // A ledger that is made anew over an old log has lost its claims: up to here the projector makes them again.
  await sql`
    alter table projection_partition add claims_until bigint not null default 0`.execute(db);
}

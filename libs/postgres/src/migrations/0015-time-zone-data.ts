import { sql, type Kysely } from 'kysely';

/** Which tz database the windows of this ledger are made of, such as `2026c`; null: nobody has said it yet. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table ledger add column if not exists time_zone_data text`.execute(db);
}

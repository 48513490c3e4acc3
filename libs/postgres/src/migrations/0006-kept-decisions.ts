import { sql, type Kysely } from 'kysely';

/** What auth has answered. Written and deleted by auth alone; no fact of the ledger rests on it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table kept_decision (
      decision_id uuid primary key,
      decided_at timestamptz not null,
      last_decided_at timestamptz not null check (last_decided_at >= decided_at),
      count bigint not null check (count > 0),
      document json not null
    )`.execute(db);
  await sql`create index on kept_decision (decided_at)`.execute(db);
}

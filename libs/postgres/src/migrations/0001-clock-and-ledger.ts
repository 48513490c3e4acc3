import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // The database's clock, moved by CLOCK_OFFSET in tests; every SQL statement that asks for the time asks here.
  await sql`
    create function ledger_now() returns timestamptz language sql volatile as $$
      select clock_timestamp()
        + coalesce(nullif(current_setting('spend_ledger.clock_offset', true), ''), 'PT0S')::interval
    $$`.execute(db);
  await sql`
    create table ledger (
      singleton boolean primary key default true check (singleton),
      id uuid not null default gen_random_uuid(),
      currency text not null,
      partitions int not null check (partitions > 0),
      created_at timestamptz not null default ledger_now()
    )`.execute(db);
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception '% is insert-only: a recorded fact is never changed', tg_table_name;
    end $$`.execute(db);
}

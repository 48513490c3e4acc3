import { sql, type Kysely } from 'kysely';

/** Spends may say what they used in place of what they cost; what the ledger makes of that stands beside it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table spend_event
      add usage jsonb,
      add priced_by text,
      drop constraint unknown_is_not_zero,
      add constraint unknown_is_not_zero check (
        case
          when usage is not null then basis in ('exact', 'estimated') and (amount is null) = (priced_by is null)
          when basis = 'unknown' then amount is null and priced_by is null
          when basis in ('exact', 'estimated') then amount is not null and priced_by is null
          else false
        end) not valid`.execute(db);
  await sql`
    create table price_book (
      partition int not null,
      version text not null,
      document text not null,
      log_offset bigint not null,
      recorded_at timestamptz not null,
      known_at timestamptz not null,
      caller text not null,
      content_hash text not null,
      primary key (partition, version)
    )`.execute(db);
  await sql`create index on price_book (recorded_at, version)`.execute(db);
  await sql`
    create trigger insert_only before update or delete or truncate on price_book
    for each statement execute function refuse_change()`.execute(db);
}

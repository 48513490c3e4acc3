import { sql, type Kysely } from 'kysely';

const CLAIM_TABLES = 8;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table event_claim (
      event_key uuid primary key,
      content_hash text not null,
      partition int not null,
      recorded_at timestamptz not null default ledger_now()
    ) partition by hash (event_key)`.execute(db);
  for (let n = 0; n < CLAIM_TABLES; n++) {
    await sql`
      create table ${sql.table(`event_claim_${n}`)} partition of event_claim
      for values with (modulus ${sql.lit(CLAIM_TABLES)}, remainder ${sql.lit(n)})`.execute(db);
  }
  await sql`
    create table outbox (
      id bigint generated always as identity primary key,
      event_key uuid not null,
      partition int not null,
      headers jsonb not null,
      value bytea not null
    )`.execute(db);

  // A small row that every append updates: room beside it keeps the update in its page.
  await sql`
    create table log_partition (
      partition int primary key,
      end_offset bigint not null default 0
    ) with (fillfactor = 10)`.execute(db);
  await sql`
    create table log_record (
      partition int not null,
      log_offset bigint not null,
      headers jsonb not null,
      value bytea not null,
      appended_at timestamptz not null default ledger_now(),
      primary key (partition, log_offset)
    )`.execute(db);
  await sql`
    create table log_lease (
      partition int primary key,
      owner text,
      lease_until timestamptz
    ) with (fillfactor = 10)`.execute(db);
  await sql`
    create table log_reader (
      reader text primary key,
      seen_until timestamptz not null
    )`.execute(db);

  // A trigger per statement of a partitioned table says nothing about statements that name a partition of it.
  const claimTables = Array.from({ length: CLAIM_TABLES }, (_, n) => `event_claim_${n}`);
  for (const table of ['log_record', 'event_claim', ...claimTables]) {
    await sql`
      create trigger insert_only before update or delete or truncate on ${sql.table(table)}
      for each statement execute function refuse_change()`.execute(db);
  }
}

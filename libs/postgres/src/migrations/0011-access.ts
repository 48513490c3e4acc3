import { sql, type Kysely } from 'kysely';

/**
 * Who may do what: bearer tokens by their SHA-256, certificates by a name in them, sources of the reported topic by
 * themselves. One table, so that one look says what a caller may. Rows stay when a credential has ended: the record
 * names its callers for ever.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table credential (
      credential_id uuid primary key default gen_random_uuid(),
      kind text not null check (kind in ('token', 'certificate', 'source')),
      name text not null,
      -- SHA-256 of the token in hex, the name in the certificate, or the source.
      matches text not null,
      roles text[] not null check (cardinality(roles) > 0),
      -- Bound to these; to none: bound to nothing.
      accounts text[] not null default '{}',
      sources text[] not null default '{}',
      created_by text not null,
      created_at timestamptz not null default ledger_now(),
      expires_at timestamptz,
      -- Another one has its name now.
      replaced_at timestamptz,
      revoked_by text,
      revoked_at timestamptz,
      constraint revoked_by_somebody check ((revoked_by is null) = (revoked_at is null)),
      constraint token_is_hashed check (kind <> 'token' or matches ~ '^[0-9a-f]{64}$')
    )`.execute(db);
  await sql`
    create unique index credential_of_a_name on credential (kind, name)
    where revoked_at is null and replaced_at is null`.execute(db);
  await sql`
    create unique index credential_that_matches on credential (kind, matches)
    where revoked_at is null`.execute(db);
  // What processes ask for, several times a second each: has anything changed.
  await sql`
    create table access_revision (
      singleton boolean primary key default true check (singleton),
      revision bigint not null default 0
    )`.execute(db);
  await sql`insert into access_revision default values`.execute(db);
  await sql`
    create function count_access_change() returns trigger language plpgsql as $$
    begin
      update access_revision set revision = revision + 1;
      return null;
    end $$`.execute(db);
  await sql`
    create trigger count_change after insert or update or delete on credential
    for each statement execute function count_access_change()`.execute(db);
  await sql`
    create trigger never_forgotten before delete or truncate on credential
    for each statement execute function refuse_change()`.execute(db);
}

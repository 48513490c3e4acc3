import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  // The first projector that sees a share reached keeps it; the constraint is what makes it once. Not of the projection:
  // a rebuild neither writes nor compares it.
  await sql`
    create table warning (
      warning_id uuid primary key default gen_random_uuid(),
      budget_id text not null,
      account text not null,
      limit_revision int not null,
      window_start timestamptz,
      window_end timestamptz,
      share numeric not null,
      limit_amount numeric not null,
      spent numeric not null,
      position text not null,
      warned_at timestamptz not null default ledger_now(),
      attempts int not null default 0,
      next_attempt_at timestamptz default ledger_now(),
      delivered_at timestamptz,
      last_failure text,
      constraint warned_once unique nulls not distinct
        (budget_id, account, limit_revision, window_start, window_end, share),
      constraint delivered_is_no_longer_due check (delivered_at is null or next_attempt_at is null)
    )`.execute(db);
  await sql`create index on warning (warned_at, warning_id)`.execute(db);
  await sql`create index on warning (account, warned_at, warning_id)`.execute(db);
  await sql`
    create index on warning (next_attempt_at) where next_attempt_at is not null`.execute(db);

  // Budgets that can warn are few among many, and are asked for after every batch.
  await sql`
    create function can_warn(definition text) returns boolean language sql immutable as $$
      select definition is not null
        and definition::jsonb -> 'warnAt' <> '[]'::jsonb
        and definition::jsonb -> 'limit' <> 'null'::jsonb
    $$`.execute(db);
  await sql`
    create index budget_that_can_warn on budget_revision (account, budget_id)
    where not superseded and can_warn(definition)`.execute(db);
  await sql`
    create index on budget_revision (valid_until) where valid_until is not null`.execute(db);
}

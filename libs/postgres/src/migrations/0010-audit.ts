import { sql, type Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await addCorrections(db);
  await createCorrectionBatches(db);
  await createMarks(db);
  await indexBudgetRevisions(db);
  await createClosedMonths(db);
  await indexTimes(db);
  await createImport(db);
  // What the rows of the projection mean; a rebuild with other code makes them anew beside the old ones.
  await sql`alter table ledger add projection_version int not null default 1`.execute(db);
}

/**
 * A correction is an entry like a spend: in the scope, the time and the model of the spend that it corrects, with the
 * difference that it makes. So every sum over events has it. No event has the columns yet: none is read for them.
 */
async function addCorrections(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table spend_event
      add adjusts_key uuid,
      add adjustment text check (adjustment in ('reverse', 'amend')),
      add stated numeric,
      add reason text,
      add adjusted_at timestamptz,
      add prices boolean,
      drop constraint spend_event_amount_check,
      add constraint spend_event_amount_check
        check (abs(amount) < 1e15 and (amount >= 0 or adjusts_key is not null)) not valid,
      add constraint correction_is_whole check (
        case when adjusts_key is null
          then num_nonnulls(adjustment, stated, reason, adjusted_at, prices) = 0
          else num_nulls(adjustment, stated, reason, adjusted_at, prices, amount) = 0 and stated >= 0
        end) not valid`.execute(db);
  await sql`
    create index spend_event_corrections on spend_event (partition, adjusts_key, log_offset)
    where adjusts_key is not null`.execute(db);
}

/** Corrections in bulk: prepared and looked at, then committed or dropped as a whole. */
async function createCorrectionBatches(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table correction_batch (
      batch_id uuid primary key default gen_random_uuid(),
      reason text not null,
      state text not null default 'prepared' check (state in ('prepared', 'committed', 'dropped')),
      reverses uuid references correction_batch,
      prepared_by text not null,
      prepared_at timestamptz not null default ledger_now(),
      ended_by text,
      ended_at timestamptz,
      constraint prepared_has_not_ended check ((state = 'prepared') = (ended_at is null))
    )`.execute(db);
  await sql`
    create table correction_line (
      batch_id uuid not null references correction_batch,
      line int not null,
      partition int not null,
      event_key uuid not null,
      adjustment text not null check (adjustment in ('reverse', 'amend')),
      amount numeric,
      before numeric,
      primary key (batch_id, line),
      unique (batch_id, event_key),
      constraint amend_states_an_amount check ((adjustment = 'amend') = (amount is not null))
    )`.execute(db);
}

/** When a partition was last asked to be marked with the time, so that what was known before it can change no more. */
async function createMarks(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table log_mark (
      partition int primary key,
      marked_at timestamptz not null
    ) with (fillfactor = 50)`.execute(db);
}

/** A budget as it was known is looked for by what any of its revisions was set on, those that count no more included. */
async function indexBudgetRevisions(db: Kysely<unknown>): Promise<void> {
  await sql`create index budget_revision_targets on budget_revision (account)`.execute(db);
}

/** What a month came to is told by what was known then, for ever. */
async function createClosedMonths(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table closed_month (
      month text not null check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
      zone text not null,
      known_at timestamptz not null,
      closed_at timestamptz not null default ledger_now(),
      closed_by text not null,
      primary key (month, zone)
    )`.execute(db);
  await sql`
    create trigger insert_only before update or delete or truncate on closed_month
    for each statement execute function refuse_change()`.execute(db);
}

/** The ledger's events by time, of whichever account. */
async function indexTimes(db: Kysely<unknown>): Promise<void> {
  // Of a long record it takes its time.
  await sql`set local statement_timeout = 0`.execute(db);
  await sql`
    create index spend_event_by_time on spend_event (partition, time, log_offset)`.execute(db);
}

/**
 * The export that an empty ledger is being filled from, or was. Until all of it is on the log nothing else is claimed or
 * marked, by whatever process.
 */
async function createImport(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table log_import (
      singleton boolean primary key default true check (singleton),
      sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
      lines bigint not null check (lines >= 0),
      done bigint not null default 0 check (done between 0 and lines),
      started_at timestamptz not null default ledger_now(),
      finished_at timestamptz,
      constraint finished_is_done check (finished_at is null or done = lines)
    )`.execute(db);
  // Operators have intervened: callers are told that the ledger cannot answer now.
  await sql`
    create function refuse_during_import() returns trigger language plpgsql as $$
    begin
      if exists (select from log_import where finished_at is null)
        and current_setting('spend_ledger.importing', true) is distinct from 'yes'
      then
        raise exception 'the ledger is being filled from an export' using errcode = '57P03';
      end if;
      return null;
    end $$`.execute(db);
  for (const table of ['event_claim', 'log_mark']) {
    await sql`
      create trigger no_other_during_import before insert or update on ${sql.table(table)}
      for each statement execute function refuse_during_import()`.execute(db);
  }
}

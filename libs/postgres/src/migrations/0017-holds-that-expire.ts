import { sql, type Kysely } from 'kysely';

/**
 * What becomes of a hold that nobody has ended when it expires. Old holds are released, as they were meant, so the
 * constraints hold for all there are and none is read for them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Of many holds the index takes its time.
  await sql`set local statement_timeout = 0`.execute(db);
  await sql`
    alter table hold
      add column on_expiry text not null default 'release',
      add column expiry_event text,
      add constraint hold_on_expiry_check
        check (on_expiry in ('release', 'unknown', 'charge')) not valid,
      add constraint expiry_event_of_a_settled_hold check (
        expiry_event is null or (
          expiry_event in ('recorded', 'amended') and state = 'settling' and on_expiry <> 'release'
        )) not valid`.execute(db);
  await sql`
    create index hold_owes_event on hold (expires_at, hold_id)
    where state = 'active' and on_expiry <> 'release'`.execute(db);
  await createOwingHolds(db);
  await sql`alter table outbox add column after_key uuid`.execute(db);
}

/**
 * The holds that have expired and whose events are still to be made, the oldest first. No plan that was made while the
 * table was small reads it whole, as in `held_at`.
 */
async function createOwingHolds(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function owing_holds(most int)
    returns table (of_hold uuid, of_caller text, owed text)
    language plpgsql stable set enable_seqscan = off as $$
    begin
      return query
      select hold_id, caller, on_expiry from hold
      where state = 'active' and on_expiry <> 'release' and expires_at <= ledger_now()
      order by expires_at, hold_id limit most;
    end $$`.execute(db);
}

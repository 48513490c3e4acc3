import { sql, type Kysely } from 'kysely';

/**
 * The scope of a balance's last event is read by its offset, then compared. As a condition on the event it made the
 * indexes of one scope look as good as that of the offsets, as long as Postgres had no statistics of a young ledger's
 * events: then it read all events of a partition for each balance.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function refuse_other_scope() returns trigger language plpgsql as $$
    begin
      perform from changed where (
        select event.scope_type from spend_event event
        where event.partition = changed.partition and event.log_offset = changed.last_offset
        limit 1) is distinct from tg_argv[0];
      if found then
        raise exception 'a row of % is fed by no event of scope %', tg_table_name, tg_argv[0]
          using errcode = 'foreign_key_violation', table = tg_table_name,
                constraint = tg_table_name || '_is_fed_by_its_scope';
      end if;
      return null;
    end $$`.execute(db);
}

import { sql, type Kysely } from 'kysely';

const SCOPES = { user_balance: 'user', team_balance: 'team', member_balance: 'team' } as const;

/**
 * A balance still names the last event that fed it, and that event must have the balance's scope. The foreign key that
 * said so looked at one row after the other and locked each event, which was a sixth of a batch's work; this looks at
 * all that a statement has written.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // A look-up for each row, by the index: as a join Postgres might rather read all events.
  await sql`
    create function refuse_other_scope() returns trigger language plpgsql as $$
    begin
      perform from changed where (
        select true from spend_event event
        where event.partition = changed.partition and event.log_offset = changed.last_offset
          and event.scope_type = tg_argv[0]
        limit 1) is null;
      if found then
        raise exception 'a row of % is fed by no event of scope %', tg_table_name, tg_argv[0]
          using errcode = 'foreign_key_violation', table = tg_table_name,
                constraint = tg_table_name || '_is_fed_by_its_scope';
      end if;
      return null;
    end $$`.execute(db);
  for (const [table, scope] of Object.entries(SCOPES)) {
    await sql`
      alter table ${sql.table(table)}
        drop constraint ${sql.ref(`${table}_is_fed_by_its_scope`)},
        drop column scope_type`.execute(db);
    for (const change of ['insert', 'update']) {
      await sql`
        create trigger ${sql.ref(`is_fed_by_its_scope_on_${change}`)} after ${sql.raw(change)} on ${sql.table(table)}
        referencing new table as changed
        for each statement execute function refuse_other_scope(${sql.lit(scope)})`.execute(db);
    }
  }
}

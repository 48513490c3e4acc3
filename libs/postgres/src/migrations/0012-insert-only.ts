import { sql, type Kysely } from 'kysely';

/** Of a revision only this changes: that a higher one is known, which makes looking for the one in force quicker. */
const DERIVED = 'superseded';

/**
 * What the projector has made of the record's facts is never changed either, not by the owner of its tables. A rebuild
 * makes other tables, with these triggers, and drops those before.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['spend_event', 'quarantine']) {
    await sql`
      create trigger insert_only before update or delete or truncate on ${sql.table(table)}
      for each statement execute function refuse_change()`.execute(db);
  }
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute
    where attrelid = 'budget_revision'::regclass and attnum > 0 and not attisdropped
      and attname <> ${DERIVED}
    order by attnum`.execute(db);
  await sql`
    create trigger insert_only
    before update of ${sql.join(rows.map(({ name }) => sql.ref(name)))} or delete or truncate
    on budget_revision for each statement execute function refuse_change()`.execute(db);
}

import { sql, type Kysely } from 'kysely';

/** What calls are for, as their events say it, or as the ledger filled it in when it recorded them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Fences come first, as in a batch: a projector that has passed its own and then meets a table that is being changed
  // would wait for this, and this for it. What comes after it in the same transaction has them too.
  await sql`select from projection_partition order by partition for update`.execute(db);
  await sql`alter table spend_event add labels jsonb`.execute(db);
  // Each check reads those that require a label, whatever it is about: there are few. The cost is what keeps a plan that was
  // made on an empty table from another index: only this one has the answer without asking the function.
  await sql`
    create function requires_label(definition text) returns boolean
    language plpgsql immutable cost 100000 as $$
    begin
      return coalesce(definition::jsonb -> 'require' = 'true'::jsonb, false);
    end $$`.execute(db);
  await sql`
    create index budget_requires on budget_revision (account)
    where not superseded and requires_label(definition)`.execute(db);
}

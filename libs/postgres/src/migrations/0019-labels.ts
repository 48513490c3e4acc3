import { sql, type Kysely } from 'kysely';

/** What calls are for, as their events say it, or as the ledger filled it in when it recorded them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table spend_event add labels jsonb`.execute(db);
  // Each check reads them, whatever it is about: there are few.
  await sql`
    create index budget_requires on budget_revision (account)
    where not superseded and definition like '%"require":true%'`.execute(db);
}

import { sql, type Kysely, type Transaction } from 'kysely';
import { PROJECTED_TABLES, type Database, type Tables } from '#libs/postgres';
import { PROJECTION_VERSION } from '../projection-version';
import { LIVE_SCHEMA, REBUILD_SCHEMA, REBUILT_VIEW, REPLACED_SCHEMA } from './rebuilt-tables';

/** Below every epoch of a projector, so that no fence of a rebuild ever passes on the tables that serve. */
const FIRST_EPOCH = -(2n ** 62n);

/**
 * Makes empty tables beside the live ones, like them in everything; or finds those that an interrupted rebuild of the
 * same code left.
 * @returns whether there were any
 */
export async function prepareRebuild(
  { kysely }: Pick<Database, 'kysely'>,
  { anew }: { readonly anew: boolean },
): Promise<{ readonly isResumed: boolean }> {
  await dropReplaced(kysely);
  return kysely.transaction().execute(async (trx) => {
    const madeBy = await madeByUs(trx);
    if (!anew && (await isResumable(trx, madeBy))) return { isResumed: true };
    await dropTables(trx);
    await sql`create schema ${sql.id(REBUILD_SCHEMA)}`.execute(trx);
    await sql`create table rebuild.made_by (code text not null)`.execute(trx);
    await sql`insert into rebuild.made_by values (${madeBy})`.execute(trx);
    // Whose balances and buckets stand: until then a partition's batches write events alone.
    await sql`create table rebuild.summed (partition int primary key)`.execute(trx);
    for (const table of PROJECTED_TABLES) await createLike(trx, table);
    await createView(trx);
    await sql`
      insert into rebuild.projection_partition (partition, epoch)
      select partition, ${FIRST_EPOCH}::bigint from public.projection_partition`.execute(trx);
    return { isResumed: false };
  });
}

/** Nothing is left of it. */
export async function dropRebuild({ kysely }: Pick<Database, 'kysely'>): Promise<void> {
  await dropTables(kysely);
}

/** What was in use before a swap. */
export async function dropReplaced(db: Kysely<Tables>): Promise<void> {
  await sql`drop schema if exists ${sql.id(REPLACED_SCHEMA)} cascade`.execute(db);
}

async function dropTables(db: Kysely<Tables>): Promise<void> {
  await sql`drop schema if exists ${sql.id(REBUILD_SCHEMA)} cascade`.execute(db);
}

/** Rows of other code, or tables of another shape, are no beginning. */
async function madeByUs(trx: Transaction<Tables>): Promise<string> {
  const { rows } = await sql<{ last: string }>`
    select max(name) as last from public.kysely_migration`.execute(trx);
  return `${PROJECTION_VERSION} ${rows[0]!.last}`;
}

async function isResumable(trx: Transaction<Tables>, madeBy: string): Promise<boolean> {
  const { rows } = await sql<{ found: string | null }>`
    select to_regclass('rebuild.made_by')::text as found`.execute(trx);
  if (rows[0]!.found === null) return false;
  const made = await sql<{ code: string }>`select code from rebuild.made_by`.execute(trx);
  return made.rows[0]?.code === madeBy;
}

/** With the same names of constraints and indexes, so that later changes find them. */
async function createLike(trx: Transaction<Tables>, table: string): Promise<void> {
  await sql`
    create table ${sql.table(`rebuild.${table}`)}
    (like ${sql.table(`public.${table}`)} including all excluding indexes)`.execute(trx);
  const live = `${LIVE_SCHEMA}.${table}`;
  const { rows } = await sql<{ statement: string }>`
    select format('alter table rebuild.%I add constraint %I %s',
                  ${table}::text, conname, pg_get_constraintdef(oid)) as statement
    from pg_constraint where conrelid = ${live}::regclass and contype in ('p', 'u')
    union all
    select replace(pg_get_indexdef(indexrelid), ' ON public.', ' ON rebuild.')
    from pg_index
    where indrelid = ${live}::regclass and not exists (select from pg_constraint where conindid = indexrelid)
    union all
    select format('alter table rebuild.%I set (%s)', ${table}::text, array_to_string(reloptions, ', '))
    from pg_class where oid = ${live}::regclass and reloptions is not null
    union all
    select replace(pg_get_triggerdef(oid), ' ON public.', ' ON rebuild.')
    from pg_trigger where tgrelid = ${live}::regclass and not tgisinternal`.execute(trx);
  for (const { statement } of rows) await sql.raw(statement).execute(trx);
  await copyGrants(trx, table);
}

async function createView(trx: Transaction<Tables>): Promise<void> {
  const { rows } = await sql<{ definition: string }>`
    select pg_get_viewdef(${`${LIVE_SCHEMA}.${REBUILT_VIEW}`}::regclass) as definition`.execute(
    trx,
  );
  await sql`set local search_path = rebuild, public`.execute(trx);
  await sql`create view ${sql.table(`rebuild.${REBUILT_VIEW}`)} as ${sql.raw(rows[0]!.definition)}`.execute(
    trx,
  );
  await copyGrants(trx, REBUILT_VIEW);
}

/** Whose the live table is, and who may do what with it and its columns, holds for what takes its place. */
async function copyGrants(trx: Transaction<Tables>, table: string): Promise<void> {
  const live = `${LIVE_SCHEMA}.${table}`;
  const { rows } = await sql<{ statement: string }>`
    with granted as (
      select privilege_type as privilege, grantee, relname, relowner
      from pg_class, aclexplode(relacl) where oid = ${live}::regclass
      union all
      select format('%s (%I)', privilege_type, attname), grantee, relname, relowner
      from pg_class join pg_attribute on attrelid = pg_class.oid, aclexplode(attacl)
      where pg_class.oid = ${live}::regclass and not attisdropped
    )
    select format('alter table rebuild.%I owner to %I', relname, pg_get_userbyid(relowner)) as statement
    from pg_class where oid = ${live}::regclass and pg_get_userbyid(relowner) <> current_user
    union all
    select format('grant %s on rebuild.%I to %s', privilege, relname,
                  case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end)
    from granted where grantee <> relowner`.execute(trx);
  for (const { statement } of rows) await sql.raw(statement).execute(trx);
}

import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import type { Database } from './database';
import { migrations } from './migrations';
import { renewGrants } from './roles/grant-roles';

const BY_THE_OWNER = 'run `npm run ledger -- migrate` as the owner of its database';

/** Whether this process may change tables, and what it found. */
export type Migrated =
  | { readonly ok: true; readonly isOwner: boolean }
  | { readonly ok: false; readonly sentence: string };

interface Access {
  readonly user: string;
  readonly isOwner: boolean;
  readonly isMember: boolean;
  readonly hasLedger: boolean;
  readonly hasMigrations: boolean;
}

/**
 * Brings the tables up to date, if any are behind and this user owns them. A user who may only do its part needs tables
 * that are up to date: otherwise the refusal says who has to migrate them.
 */
export async function migrate(database: Database): Promise<Migrated> {
  const access = await readAccess(database);
  const { user, isOwner, isMember, hasLedger } = access;
  if (!isOwner && !hasLedger) {
    return refused(
      `There is no ledger in this database, and ${user} may not make one: ${BY_THE_OWNER}.`,
    );
  }
  if (!isOwner && !isMember) {
    return refused(
      `${user} may not read this ledger: make it a member of the role of its process (\`npm run ledger -- roles\` says of which).`,
    );
  }
  const { missing, unknown } = await compareMigrations(database, access);
  if (unknown !== undefined) {
    return refused(
      `The tables of this ledger are of a newer version (they have ${unknown}): start that version.`,
    );
  }
  if (missing === 0) return { ok: true, isOwner };
  if (!isOwner) {
    return refused(
      `The tables of this ledger are of an older version, and ${user} may not change them: ${BY_THE_OWNER}.`,
    );
  }
  await migrateToLatest(database);
  await renewGrants(database);
  return { ok: true, isOwner };
}

/** Who may not do what only the owner does. */
export const noLedgerYet = (): { ok: false; sentence: string } =>
  refused(`No ledger was created in this database yet: ${BY_THE_OWNER}.`);

async function readAccess({ kysely }: Database): Promise<Access> {
  const { rows } = await sql<Access>`
    select current_user as "user", ledger.oid is not null as "hasLedger",
           to_regclass('public.kysely_migration') is not null as "hasMigrations",
           coalesce(pg_has_role(ledger.relowner, 'usage'),
                    has_schema_privilege('public', 'create')) as "isOwner",
           coalesce(has_table_privilege(ledger.oid, 'select'), false) as "isMember"
    from (select to_regclass('public.ledger')) as known (oid)
    left join pg_class ledger on ledger.oid = known.oid`.execute(kysely);
  return rows[0]!;
}

async function compareMigrations(
  { kysely }: Database,
  { hasMigrations }: Access,
): Promise<{ readonly missing: number; readonly unknown: string | undefined }> {
  const ours = Object.keys(await migrations.getMigrations());
  const { rows } = hasMigrations
    ? await sql<{ name: string }>`select name from public.kysely_migration order by name`.execute(
        kysely,
      )
    : { rows: [] };
  const done = rows.map(({ name }) => name);
  return {
    missing: ours.filter((name) => !done.includes(name)).length,
    unknown: done.find((name) => !ours.includes(name)),
  };
}

async function migrateToLatest({ kysely }: Database): Promise<void> {
  const migrator = new Migrator({ db: kysely, provider: migrations });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Error('the database could not be migrated', { cause: error });
}

function refused(sentence: string): { ok: false; sentence: string } {
  return { ok: false, sentence };
}

import { sql } from 'kysely';
import type { Database } from '../database';
import { CLOSE_SCHEMA, createRole, grantsOf } from './grant-statements';
import { LEDGER_ROLES, nameOfRole, type LedgerRole } from './grants';

export type GrantedRoles =
  | { readonly outcome: 'granted'; readonly created: readonly LedgerRole[] }
  /** Some are missing, and this user may create none. Nothing was changed. */
  | { readonly outcome: 'may_not_create'; readonly user: string; readonly missing: LedgerRole[] }
  /** The ledger's tables are another user's. Nothing was changed. */
  | { readonly outcome: 'not_the_owner'; readonly user: string; readonly owner: string };

/** Makes the roles that are missing on the server, and grants each what it may in this database, and nothing else. */
export async function grantRoles({ kysely }: Pick<Database, 'kysely'>): Promise<GrantedRoles> {
  return kysely.transaction().execute(async (trx) => {
    const { rows } = await sql<{ user: string; owner: string; creates: boolean; owns: boolean }>`
      select current_user as "user", pg_get_userbyid(relowner) as owner,
             pg_has_role(relowner, 'usage') as owns,
             (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) as creates
      from pg_class where oid = 'public.ledger'::regclass`.execute(trx);
    const { user, owner, creates, owns } = rows[0]!;
    if (!owns) return { outcome: 'not_the_owner', user, owner };
    const there = await trx
      .selectFrom(sql<{ rolname: string }>`pg_roles`.as('known'))
      .select('known.rolname')
      .execute();
    const names = new Set(there.map(({ rolname }) => rolname));
    const missing = LEDGER_ROLES.filter((role) => !names.has(nameOfRole(role)));
    if (missing.length > 0 && !creates) return { outcome: 'may_not_create', user, missing };
    const statements = [
      ...missing.map(createRole),
      CLOSE_SCHEMA,
      ...LEDGER_ROLES.flatMap(grantsOf),
    ];
    for (const statement of statements) await sql.raw(statement).execute(trx);
    return { outcome: 'granted', created: missing };
  });
}

/** After a migration: who could read the ledger before may do with its new tables what they are for. */
export async function renewGrants({ kysely }: Pick<Database, 'kysely'>): Promise<void> {
  await kysely.transaction().execute(async (trx) => {
    const { rows } = await sql<{ name: string }>`
      select rolname as name from pg_roles
      where rolname = any(${LEDGER_ROLES.map(nameOfRole)})
        and has_table_privilege(oid, 'public.ledger', 'select')`.execute(trx);
    const granted = new Set(rows.map(({ name }) => name));
    for (const role of LEDGER_ROLES.filter((each) => granted.has(nameOfRole(each)))) {
      for (const statement of grantsOf(role)) await sql.raw(statement).execute(trx);
    }
  });
}

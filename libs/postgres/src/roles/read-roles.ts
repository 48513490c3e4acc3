import { sql } from 'kysely';
import type { Database } from '../database';
import { GRANTS, LEDGER_ROLES, nameOfRole, type LedgerRole } from './grants';

/** A role as the server has it. Privileges are written `insert` or `update (superseded)`. */
export interface RoleState {
  readonly role: LedgerRole;
  readonly isThere: boolean;
  /** Who connects as it. */
  readonly members: readonly string[];
  /** By table. */
  readonly granted: ReadonlyMap<string, readonly string[]>;
  /** What it should be able to do and cannot, and what it can do beside that: `insert on spend_event`. */
  readonly missing: readonly string[];
  readonly excess: readonly string[];
}

interface GrantRow {
  readonly role: string;
  readonly table: string;
  readonly privilege: string;
}

/** What each role may do in this database, beside what it is meant to. */
export async function readRoles({ kysely }: Pick<Database, 'kysely'>): Promise<RoleState[]> {
  const names = LEDGER_ROLES.map(nameOfRole);
  const { rows: there } = await sql<{ name: string; members: string[] }>`
    select rolname as name, array(
      select member.rolname::text from pg_auth_members known join pg_roles member on member.oid = known.member
      where known.roleid = role.oid order by 1) as members
    from pg_roles role where rolname = any(${names})`.execute(kysely);
  const { rows: grants } = await sql<GrantRow>`
    select pg_get_userbyid(grantee) as role, relname as table, lower(privilege_type) as privilege
    from pg_class, aclexplode(relacl)
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
      and pg_get_userbyid(grantee) = any(${names})
    union all
    select pg_get_userbyid(grantee), relname, format('%s (%s)', lower(privilege_type), attname)
    from pg_class join pg_attribute on attrelid = pg_class.oid, aclexplode(attacl)
    where relnamespace = 'public'::regnamespace and not attisdropped
      and pg_get_userbyid(grantee) = any(${names})
    order by 1, 2, 3`.execute(kysely);
  const members = new Map(there.map((row) => [row.name, row.members]));
  return LEDGER_ROLES.map((role) => stateOf(role, members.get(nameOfRole(role)), grants));
}

function stateOf(
  role: LedgerRole,
  members: readonly string[] | undefined,
  grants: readonly GrantRow[],
): RoleState {
  const granted = new Map<string, string[]>();
  for (const { table, privilege } of grants.filter((row) => row.role === nameOfRole(role))) {
    granted.set(table, [...(granted.get(table) ?? []), privilege]);
  }
  const has = new Set(
    [...granted].flatMap(([table, privileges]) => privileges.map((each) => `${each} on ${table}`)),
  );
  const meant = new Set(
    Object.entries(GRANTS).flatMap(([table, { [role]: given = '' }]) =>
      privilegesIn(given).map((each) => `${each} on ${table}`),
    ),
  );
  return {
    role,
    isThere: members !== undefined,
    members: members ?? [],
    granted,
    missing: [...meant].filter((each) => !has.has(each)),
    excess: [...has].filter((each) => !meant.has(each)),
  };
}

/** `select, update (a, b)` is `select`, `update (a)` and `update (b)`. */
function privilegesIn(given: string): string[] {
  return [...given.matchAll(/(\w+)(?: \(([^)]*)\))?/g)].flatMap(([, privilege, columns]) =>
    columns === undefined
      ? [privilege!]
      : columns.split(', ').map((column) => `${privilege} (${column})`),
  );
}

import { GRANTS, LEDGER_ROLES, nameOfRole, type LedgerRole } from './grants';

/** Another command that makes it at the same time is no fault. */
export const createRole = (role: LedgerRole): string =>
  `do $$ begin create role ${nameOfRole(role)} nologin; exception when duplicate_object or unique_violation then null; end $$`;

/** What a role may afterwards is what GRANTS says, whatever it could before. */
export function grantsOf(role: LedgerRole): string[] {
  const name = nameOfRole(role);
  const tables = Object.keys(GRANTS).map((table) => `public.${table}`);
  const granted = Object.entries(GRANTS).flatMap(([table, grants]) =>
    grants[role] === undefined ? [] : `grant ${grants[role]} on public.${table} to ${name}`,
  );
  return [
    `revoke all on ${tables.join(', ')} from ${name}`,
    `grant usage on schema public to ${name}`,
    ...granted,
  ];
}

/** Before Postgres 15 everybody could make tables there. */
export const CLOSE_SCHEMA = 'revoke create on schema public from public';

/** Every statement that makes the roles, for a user who may create roles and owns the ledger's tables. */
export function rolesAsSql(): string {
  const statements = [
    ...LEDGER_ROLES.map(createRole),
    CLOSE_SCHEMA,
    ...LEDGER_ROLES.flatMap(grantsOf),
  ];
  return ['begin', ...statements, 'commit'].map((statement) => `${statement};`).join('\n');
}

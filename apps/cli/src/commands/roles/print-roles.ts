import { nameOfRole, type RoleState } from '#libs/postgres';
import { printTable } from '../../print/table';

export function documentOfRole({ role, isThere, members, granted, missing, excess }: RoleState) {
  const tables = Object.fromEntries([...granted].sort());
  return { role: nameOfRole(role), isThere, members, tables, missing, excess };
}

/** Who connects as which role, and what it may do with each table. */
export function printRoles(states: readonly RoleState[]): string {
  return states.map(printRole).join('\n\n');
}

function printRole({ role, isThere, members, granted, missing, excess }: RoleState): string {
  const name = nameOfRole(role);
  if (!isThere) return `${name} is missing: \`npm run ledger -- roles grant\` makes it.`;
  const who =
    members.length === 0 ? 'nobody connects as it' : `connect as it: ${members.join(', ')}`;
  const tables = [...granted].sort().map(([table, privileges]) => [table, privileges.join(', ')]);
  return [
    `${name} (${who})`,
    printTable(['table', 'may'], tables),
    ...missing.map((each) => `may not ${each}, and should`),
    ...excess.map((each) => `may ${each}, and should not`),
  ].join('\n');
}

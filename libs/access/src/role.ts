import { missing, parsed, refused, type Parsed } from '#libs/ledger';

/** What a caller may do; a credential has any set of them. */
export const ROLES = ['record', 'check', 'admin', 'audit', 'ops'] as const;
export type Role = (typeof ROLES)[number];

/** Reads roles joined with commas: `record,check`. */
export function parseRoles(value: unknown, field: string): Parsed<readonly Role[]> {
  if (value === undefined) return missing(field);
  const names = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : [];
  const roles = ROLES.filter((role) => names.includes(role));
  return names.length > 0 && names.every((name) => (ROLES as readonly string[]).includes(name))
    ? parsed(roles)
    : refused(field, 'one_of', `must be some of ${ROLES.join(', ')}, joined with commas`);
}

import { parseId } from './id';
import { faultsOfEach, missing, parsed, refused, type FieldError, type Parsed } from './result';
import { memberPath } from './secret';

/** A key that no user and no team owns. */
export interface KeyScope {
  readonly type: 'key';
  readonly keyId: string;
}

/** A person's own money. */
export interface UserScope {
  readonly type: 'user';
  readonly userId: string;
  readonly keyId?: string;
}

/** A team's money, whichever member spends it: it never reaches the member's own balance. */
export interface TeamScope {
  readonly type: 'team';
  readonly teamId: string;
  readonly userId?: string;
  readonly keyId?: string;
}

export type Scope = KeyScope | UserScope | TeamScope;

/** The ids of any scope; those that it does not have are `undefined`. */
export interface ScopeIds {
  readonly keyId?: string;
  readonly userId?: string;
  readonly teamId?: string;
}

export function isSameScope(one: Scope, other: Scope): boolean {
  const [a, b]: [ScopeIds, ScopeIds] = [one, other];
  return (
    one.type === other.type && a.teamId === b.teamId && a.userId === b.userId && a.keyId === b.keyId
  );
}

/** Required and optional ids of each scope. A present id is never empty, so an empty team is never taken for personal. */
const MEMBERS = {
  key: { required: ['keyId'], optional: [] },
  user: { required: ['userId'], optional: ['keyId'] },
  team: { required: ['teamId'], optional: ['userId', 'keyId'] },
} as const;

/** Reads `{type:"key",keyId}`, `{type:"user",userId,keyId?}` or `{type:"team",teamId,userId?,keyId?}`; nothing else. */
export function parseScope(value: unknown, field: string): Parsed<Scope> {
  if (value === undefined) return missing(field);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(field, 'object', 'must be an object with a type');
  }
  const given = value as Record<string, unknown>;
  const type = given['type'];
  if (type !== 'key' && type !== 'user' && type !== 'team') {
    return refused(`${field}.type`, 'one_of', 'must be one of key, user, team');
  }
  const errors: FieldError[] = [];
  const scope: Record<string, string> = { type };
  const { required, optional } = MEMBERS[type];
  for (const name of [...required, ...optional]) {
    if (given[name] === undefined) {
      if ((required as readonly string[]).includes(name)) {
        errors.push({
          field: `${field}.${name}`,
          rule: 'required',
          message: `a ${type} scope needs a ${name}`,
        });
      }
      continue;
    }
    const id = parseId(given[name], `${field}.${name}`);
    if (id.ok) scope[name] = id.value;
    else errors.push(...id.errors);
  }
  errors.push(...strangers(given, [...required, ...optional], type, field));
  return errors.length > 0 ? { ok: false, errors } : parsed(scope as unknown as Scope);
}

function strangers(
  given: Record<string, unknown>,
  known: readonly string[],
  type: string,
  field: string,
): FieldError[] {
  const isStrange = (name: string) =>
    name !== 'type' && given[name] !== undefined && !known.includes(name);
  return faultsOfEach(Object.keys(given).filter(isStrange), (name) => ({
    field: memberPath(field, name),
    rule: 'unknown_member',
    message: `a ${type} scope does not have it`,
  }));
}

import type { ScopeOnWire } from './types.js';

/** Shared by every copy of this package in a process. */
const MADE_HERE = Symbol.for('spend-ledger.scope');

declare const brand: unique symbol;
/** Who pays. Only `key()`, `user()` and `team()` make one. */
export type Scope = ScopeOnWire & { readonly [brand]: true };

/** A key that has no owner. */
export function key(keyId: string): Scope {
  return made({ type: 'key', keyId: id(keyId, 'keyId') });
}

/** A person, by a key of her own. */
export function user(userId: string, by: { readonly key?: string } = {}): Scope {
  return made({ type: 'user', userId: id(userId, 'userId'), ...optional('keyId', by.key) });
}

/** A team, and the member who spends its money. */
export function team(
  teamId: string,
  by: { readonly user?: string; readonly key?: string } = {},
): Scope {
  return made({
    type: 'team',
    teamId: id(teamId, 'teamId'),
    ...optional('userId', by.user),
    ...optional('keyId', by.key),
  });
}

/** @internal @throws TypeError for what none of them has made */
export function checkedScope(scope: Scope): ScopeOnWire {
  if (typeof scope === 'object' && scope !== null && MADE_HERE in scope) return scope;
  throw new TypeError('scope must come from key(), user() or team().');
}

function made(scope: ScopeOnWire): Scope {
  return Object.freeze(Object.defineProperty(scope, MADE_HERE, { value: true })) as Scope;
}

function optional<N extends string>(name: N, given: string | undefined): { [K in N]?: string } {
  return given === undefined ? {} : ({ [name]: id(given, name) } as { [K in N]: string });
}

/** An empty id would charge somebody else, or nobody. */
function id(given: unknown, name: string): string {
  if (typeof given === 'string' && given.trim() !== '') return given;
  throw new TypeError(`${name} must be a string that is not empty. Leave it out if there is none.`);
}

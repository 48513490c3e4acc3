import { parseId } from './id';
import { missing, parsed, refused, type Parsed } from './result';
import type { KeyScope, Scope, TeamScope, UserScope } from './scope';

export interface KeyAccount {
  readonly kind: 'key';
  readonly keyId: string;
}
/** Personal spend only. */
export interface UserAccount {
  readonly kind: 'user';
  readonly userId: string;
}
export interface TeamAccount {
  readonly kind: 'team';
  readonly teamId: string;
}
/** One user inside one team. */
export interface MemberAccount {
  readonly kind: 'member';
  readonly teamId: string;
  readonly userId: string;
}
/** What has a balance. */
export type Account = KeyAccount | UserAccount | TeamAccount | MemberAccount;

/**
 * The accounts a spend of this scope adds to; nothing else. The overloads make it a type error to reach a user
 * account from a team scope.
 */
export function accountsOf(scope: KeyScope): readonly KeyAccount[];
export function accountsOf(scope: UserScope): readonly (KeyAccount | UserAccount)[];
export function accountsOf(scope: TeamScope): readonly (KeyAccount | TeamAccount | MemberAccount)[];
export function accountsOf(scope: Scope): readonly Account[];
export function accountsOf(scope: Scope): readonly Account[] {
  const accounts: Account[] = [];
  if (scope.keyId !== undefined) accounts.push({ kind: 'key', keyId: scope.keyId });
  switch (scope.type) {
    case 'key':
      return accounts;
    case 'user':
      accounts.push({ kind: 'user', userId: scope.userId });
      return accounts;
    case 'team':
      accounts.push({ kind: 'team', teamId: scope.teamId });
      if (scope.userId !== undefined) {
        accounts.push({ kind: 'member', teamId: scope.teamId, userId: scope.userId });
      }
      return accounts;
  }
}

/** The one string of an account: `key:…`, `user:…`, `team:…`, `member:<teamId>/<userId>`. */
export function formatAccount(account: Account): string {
  switch (account.kind) {
    case 'key':
      return `key:${escapeId(account.keyId)}`;
    case 'user':
      return `user:${escapeId(account.userId)}`;
    case 'team':
      return `team:${escapeId(account.teamId)}`;
    case 'member':
      return `member:${escapeId(account.teamId)}/${escapeId(account.userId)}`;
  }
}

/** Reads an account string; the ids in it obey the rules of ids. */
export function parseAccount(value: unknown, field: string): Parsed<Account> {
  if (value === undefined) return missing(field);
  const split = typeof value === 'string' ? /^(key|user|team|member):(.*)$/su.exec(value) : null;
  if (!split) {
    return refused(
      field,
      'account',
      'must be key:<id>, user:<id>, team:<id> or member:<team>/<user>',
    );
  }
  const [, kind, rest] = split as unknown as [string, Account['kind'], string];
  const parts = rest.split('/');
  if (parts.length !== (kind === 'member' ? 2 : 1)) {
    return refused(
      field,
      'account',
      'must have one / if it is a member, else none: inside an id write % as %25 and / as %2F',
    );
  }
  const ids: string[] = [];
  for (const part of parts) {
    const id = unescapeId(part, field);
    if (!id.ok) return id;
    ids.push(id.value);
  }
  const [first, second] = ids as [string, string];
  switch (kind) {
    case 'key':
      return parsed({ kind, keyId: first });
    case 'user':
      return parsed({ kind, userId: first });
    case 'team':
      return parsed({ kind, teamId: first });
    case 'member':
      return parsed({ kind, teamId: first, userId: second });
  }
}

function escapeId(id: string): string {
  if (id === '*') return '%2A';
  if (!/[%/]/.test(id)) return id;
  return id.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function unescapeId(part: string, field: string): Parsed<string> {
  if (part === '*') {
    return refused(field, 'account', 'must name one account: an id that is just * is written %2A');
  }
  try {
    return parseId(decodeURIComponent(part), field);
  } catch {
    return refused(field, 'account', 'has a broken percent escape: inside an id write % as %25');
  }
}

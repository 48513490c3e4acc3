import { parseId } from './id';
import { isLabelName, LABEL_NAME_FORM, type Labels } from './labels';
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
/** What a scope names: whose money it is. */
export type ScopeAccount = KeyAccount | UserAccount | TeamAccount | MemberAccount;

/** All that a person spends, of her own and in every team: a sum of `UserAccount` and `MemberAccount`s. */
export interface PersonAccount {
  readonly kind: 'person';
  readonly userId: string;
}
/** All calls that carry a label, in any scope. */
export interface LabelAccount {
  readonly kind: 'label';
  readonly name: string;
  readonly value: string;
}
/** Every call. */
export interface LedgerAccount {
  readonly kind: 'ledger';
}
/** What calls of every scope feed. */
export type PoolAccount = LabelAccount | LedgerAccount;
/** What has a balance. */
export type Account = ScopeAccount | PersonAccount | PoolAccount;

/**
 * The accounts that a scope names; nothing else. The overloads make it a type error to reach a user account from a team
 * scope.
 */
export function scopeAccountsOf(scope: KeyScope): readonly KeyAccount[];
export function scopeAccountsOf(scope: UserScope): readonly (KeyAccount | UserAccount)[];
export function scopeAccountsOf(
  scope: TeamScope,
): readonly (KeyAccount | TeamAccount | MemberAccount)[];
export function scopeAccountsOf(scope: Scope): readonly ScopeAccount[];
export function scopeAccountsOf(scope: Scope): readonly ScopeAccount[] {
  const accounts: ScopeAccount[] = [];
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

/** Whether a scope names the account; others are sums over many scopes. */
export function isOfScope(account: Account): account is ScopeAccount {
  return account.kind !== 'person' && account.kind !== 'label' && account.kind !== 'ledger';
}

const LEDGER: LedgerAccount = { kind: 'ledger' };

/** The pools that a call adds to, whatever its scope. */
export function poolsOf(labels: Labels | undefined): readonly PoolAccount[] {
  if (labels === undefined) return [LEDGER];
  return [...[...labels].map(([name, value]) => ({ kind: 'label', name, value }) as const), LEDGER];
}

/** The accounts a spend of this scope with these labels adds to; nothing else. Overloaded as `scopeAccountsOf`. */
export function accountsOf(
  scope: KeyScope,
  labels: Labels | undefined,
): readonly (KeyAccount | PoolAccount)[];
export function accountsOf(
  scope: UserScope,
  labels: Labels | undefined,
): readonly (KeyAccount | UserAccount | PersonAccount | PoolAccount)[];
export function accountsOf(
  scope: TeamScope,
  labels: Labels | undefined,
): readonly (KeyAccount | TeamAccount | MemberAccount | PersonAccount | PoolAccount)[];
export function accountsOf(scope: Scope, labels: Labels | undefined): readonly Account[];
export function accountsOf(scope: Scope, labels: Labels | undefined): readonly Account[] {
  return [...scopeAccountsOf(scope), ...personsOf(scope), ...poolsOf(labels)];
}

/** The person who spends by a call of this scope, her own money or a team's; none or one. */
export function personsOf(scope: Scope): readonly PersonAccount[] {
  return scope.type === 'key' || scope.userId === undefined
    ? []
    : [{ kind: 'person', userId: scope.userId }];
}

/**
 * The one string of an account: `key:…`, `user:…`, `team:…`, `member:<teamId>/<userId>`, `person:…`,
 * `label:<name>/<value>`, `ledger`.
 */
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
    case 'person':
      return `person:${escapeId(account.userId)}`;
    case 'label':
      return `label:${account.name}/${escapeId(account.value)}`;
    case 'ledger':
      return 'ledger';
  }
}

const FORMS =
  'must be key:<id>, user:<id>, team:<id>, member:<team>/<user>, person:<user>, label:<name>/<value> or ledger';
const SLASHES =
  'must have one / if it is a member or a label, else none: inside an id write % as %25 and / as %2F';

/** Reads an account string; the ids in it obey the rules of ids. */
export function parseAccount(value: unknown, field: string): Parsed<Account> {
  if (value === undefined) return missing(field);
  if (value === 'ledger') return parsed(LEDGER);
  const split =
    typeof value === 'string' ? /^(key|user|team|member|person|label):(.*)$/su.exec(value) : null;
  if (!split) return refused(field, 'account', FORMS);
  const [, kind, rest] = split as unknown as [string, Exclude<Account['kind'], 'ledger'>, string];
  const parts = rest.split('/');
  if (parts.length !== (kind === 'member' || kind === 'label' ? 2 : 1)) {
    return refused(field, 'account', SLASHES);
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
    case 'person':
      return parsed({ kind, userId: first });
    case 'team':
      return parsed({ kind, teamId: first });
    case 'member':
      return parsed({ kind, teamId: first, userId: second });
    case 'label':
      return isLabelName(parts[0]!)
        ? parsed({ kind, name: first, value: second })
        : refused(field, 'account', `must name a label by ${LABEL_NAME_FORM}`);
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

import { accountsOf, formatAccount, type Account, type Labels, type Scope } from '#libs/ledger';

/** What a credential is bound to. An empty list of either binds to nothing. */
export interface Bindings {
  /** Accounts as their strings; a team stands for its members too, and `label:<name>/*` for each value. */
  readonly accounts: readonly string[];
  /** Sources of what is recorded. */
  readonly sources: readonly string[];
}

export const UNBOUND: Bindings = { accounts: [], sources: [] };

export const isBoundToAccounts = ({ accounts }: Bindings): boolean => accounts.length > 0;

/**
 * Whether something may be done in a scope. Its owner must be bound (the team, the member of it, the user), and its key,
 * where keys are among the bindings: `team:ml` with `key:k` is that key in that team. Which key it was is the caller's own
 * word, so `key:k` alone is the key that nobody owns, and no way to the money of its owner.
 */
export function permitsScope({ accounts }: Bindings, scope: Scope): boolean {
  if (accounts.length === 0) return true;
  const keys = accounts.filter((account) => account.startsWith('key:'));
  const isKeyBound =
    scope.keyId !== undefined && keys.includes(formatAccount({ kind: 'key', keyId: scope.keyId }));
  if (scope.type === 'key') return isKeyBound;
  if (keys.length > 0 && !isKeyBound) return false;
  return ownersOf(scope).some((owner) => accounts.includes(owner));
}

/** Whether what was done in a scope with labels may be read: it is listed under each account of it. */
export const permitsReading = (
  bindings: Bindings,
  scope: Scope,
  labels?: Labels | undefined,
): boolean => accountsOf(scope, labels).some((account) => permitsAccount(bindings, account));

/** Whether an account may be read, or have its budgets changed. */
export function permitsAccount(bindings: Bindings, account: Account): boolean {
  return permitsTarget(bindings, formatAccount(account));
}

/** The same for what a budget is set on: an account, or a default for many. */
export function permitsTarget({ accounts }: Bindings, target: string): boolean {
  if (accounts.length === 0 || accounts.includes(target)) return true;
  const team = /^member:([^/]+)\//.exec(target)?.[1];
  if (team !== undefined) return accounts.includes(`team:${team}`);
  const label = /^label:([^/]+)\//.exec(target)?.[1];
  return label !== undefined && accounts.includes(`label:${label}/*`);
}

export const permitsSource = ({ sources }: Bindings, source: string): boolean =>
  sources.length === 0 || sources.includes(source);

/** Whose money it is, as the bindings may name them. */
function ownersOf(scope: Exclude<Scope, { type: 'key' }>): string[] {
  if (scope.type === 'user') return [formatAccount({ kind: 'user', userId: scope.userId })];
  const { teamId, userId } = scope;
  const team = formatAccount({ kind: 'team', teamId });
  return userId === undefined ? [team] : [team, formatAccount({ kind: 'member', teamId, userId })];
}

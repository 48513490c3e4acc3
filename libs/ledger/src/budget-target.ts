import { formatAccount, parseAccount, type Account } from './account';
import { parsed, type Parsed } from './result';

/**
 * What a budget is set on: one account, or a default for all accounts of a kind that have no budget of their own
 * (`key:*`, `user:*`, `team:*`, `member:<teamId>/*`). Kept as its string: an id that is just `*` is written `%2A`,
 * so a default and an account never share one.
 */
export type BudgetTarget = string;

/** Reads a target and writes it in its one form. */
export function parseBudgetTarget(value: unknown, field: string): Parsed<BudgetTarget> {
  if (value === 'key:*' || value === 'user:*' || value === 'team:*') return parsed(value);
  if (typeof value === 'string' && value.startsWith('member:') && value.endsWith('/*')) {
    const team = parseAccount(`team:${value.slice('member:'.length, -'/*'.length)}`, field);
    if (!team.ok) return team;
    return parsed(`member:${formatAccount(team.value).slice('team:'.length)}/*`);
  }
  const account = parseAccount(value, field);
  return account.ok ? parsed(formatAccount(account.value)) : account;
}

const DEFAULT = /^(?:(?:key|user|team):|member:[^/]+\/)\*$/;

/** An id may end in `*` too: only one that is just `*` makes a default. */
export function isDefaultTarget(target: BudgetTarget): boolean {
  return DEFAULT.test(target);
}

/** The default that covers an account which has no budget of its own. */
export function defaultTargetOf(account: Account): BudgetTarget {
  if (account.kind !== 'member') return `${account.kind}:*`;
  return `member:${formatAccount({ kind: 'team', teamId: account.teamId }).slice('team:'.length)}/*`;
}

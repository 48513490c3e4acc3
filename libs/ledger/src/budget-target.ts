import { formatAccount, parseAccount, type Account } from './account';
import { isLabelName, LABEL_NAME_FORM } from './labels';
import { parsed, refused, type Parsed } from './result';

/**
 * What a budget is set on: one account, or a default for all accounts of a kind that have no budget of their own
 * (`key:*`, `user:*`, `team:*`, `member:<teamId>/*`, `person:*`, `label:<name>/*`). Kept as its string: an id that is just
 * `*` is written `%2A`, so a default and an account never share one.
 */
export type BudgetTarget = string;

const DEFAULT = /^(?:(?:key|user|team|person):|(?:member|label):[^/]+\/)\*$/;
const OF_EACH_LABEL = /^label:([^/]*)\/\*$/;

/** Reads a target and writes it in its one form. */
export function parseBudgetTarget(value: unknown, field: string): Parsed<BudgetTarget> {
  if (typeof value === 'string' && value.endsWith('*')) {
    const label = OF_EACH_LABEL.exec(value)?.[1];
    if (label !== undefined) {
      return isLabelName(label)
        ? parsed(value)
        : refused(field, 'account', `must name a label by ${LABEL_NAME_FORM}`);
    }
    if (/^member:.*\/\*$/su.test(value)) {
      const team = parseAccount(`team:${value.slice('member:'.length, -'/*'.length)}`, field);
      if (!team.ok) return team;
      return parsed(`${formatAccount(team.value).replace('team:', 'member:')}/*`);
    }
    if (DEFAULT.test(value)) return parsed(value);
  }
  const account = parseAccount(value, field);
  return account.ok ? parsed(formatAccount(account.value)) : account;
}

/** An id may end in `*` too: only one that is just `*` makes a default. */
export function isDefaultTarget(target: BudgetTarget): boolean {
  return DEFAULT.test(target);
}

/** The default that covers an account which has no budget of its own; the ledger is the only one of its kind. */
export function defaultTargetOf(account: Account): BudgetTarget | undefined {
  switch (account.kind) {
    case 'member':
      return defaultForMembers(account.teamId);
    case 'label':
      return `label:${account.name}/*`;
    case 'ledger':
      return undefined;
    default:
      return `${account.kind}:*`;
  }
}

/** The default for the members of a team. */
export function defaultForMembers(teamId: string): BudgetTarget {
  return `${formatAccount({ kind: 'team', teamId }).replace('team:', 'member:')}/*`;
}

/** The name of the label that a target sets a default for; `undefined`: it sets something else. */
export function labelOfDefault(target: BudgetTarget): string | undefined {
  return OF_EACH_LABEL.exec(target)?.[1];
}

/** The targets of the budgets that an account may be judged by: its own, and where it has none the default. */
export function targetsOf(account: Account, name = formatAccount(account)): BudgetTarget[] {
  const byDefault = defaultTargetOf(account);
  return byDefault === undefined ? [name] : [name, byDefault];
}

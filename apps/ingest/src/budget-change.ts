import { isBoundToAccounts, permitsTarget, type Caller } from '#libs/access';
import type { StoredBudget } from '#libs/balances';
import type { Budget, JudgedBudget } from '#libs/ledger';

/** What `If-Match` asks: any budget in force, or this revision of it. */
export type Precondition = { readonly any: true } | { readonly revision: number };

export interface ChangeRequest {
  readonly caller: Pick<Caller, 'name' | 'bindings'>;
  readonly ifMatch: Precondition | undefined;
}

export interface ChangedBudget {
  readonly outcome: 'changed';
  /** There was none in force before. */
  readonly created: boolean;
  /** Its settings as they are on record, where the same was asked as they are spelled there; `null`: removed. */
  readonly budget: Budget | null;
  readonly revision: number;
  /** The budget among its numbers; absent for a default and for a removal. */
  readonly status: JudgedBudget | undefined;
  /** The change is in force for every check. False: recorded for good, and not yet seen in force. */
  readonly applied: boolean;
  /** Empty while the log does not have the change yet. */
  readonly position: string;
}

export type ChangeOutcome =
  | ChangedBudget
  | { readonly outcome: 'not_found' }
  /** The budget of this id is another's than the caller is bound to, or for such a caller there is none. */
  | { readonly outcome: 'forbidden' }
  | { readonly outcome: 'etag_mismatch' }
  /** The account has as many budgets as one may have. */
  | { readonly outcome: 'too_many' }
  /** Other changes were faster, every time, or are not projected yet and could be what this one is about. */
  | { readonly outcome: 'contended' };

/** @param asksForOne of a bound caller, who gets the same answer where nothing is there as where it is another's */
export function mayChange(
  { bindings }: ChangeRequest['caller'],
  current: StoredBudget | undefined,
  asksForOne: boolean,
): boolean {
  if (!current?.budget) return !asksForOne || !isBoundToAccounts(bindings);
  return permitsTarget(bindings, current.budget.account);
}

export function matches(
  ifMatch: Precondition | undefined,
  current: StoredBudget | undefined,
): boolean {
  if (ifMatch === undefined) return true;
  if (!current?.budget) return false;
  return 'any' in ifMatch || ifMatch.revision === current.revision;
}

import { formatAccount, type Account } from './account';
import type { Labels } from './labels';
import type { Budget } from './budget';
import type { Window } from './window/window-rule';

/** No account: the label of this name that a call has to say, and does not. */
export interface MissingLabel {
  readonly kind: 'missing_label';
  readonly name: string;
}

/** One budget of one account with the numbers it is judged by. */
export interface BudgetState {
  readonly budget: Budget;
  /** The account it is judged for: the budget's own, or the one a default covers; or the label that it requires. */
  readonly account: Account | MissingLabel;
  readonly window: Window;
  readonly spentPico: bigint;
  readonly heldPico: bigint;
}

/** What a budget was judged for, as its account's string; of a label that is missing, the default that requires it. */
export function nameOfJudged({ account }: Pick<BudgetState, 'account'>): string {
  return account.kind === 'missing_label' ? `label:${account.name}/*` : formatAccount(account);
}

export type Verdict = 'ok' | 'warned' | 'exceeded' | 'insufficient' | 'missing';

export interface JudgedBudget extends BudgetState {
  readonly verdict: Verdict;
  /** limit − spent − held, not below zero; `null` for no limit. */
  readonly remainingPico: bigint | null;
  /** The largest share of `warnAt` that spent has reached, as given. */
  readonly warning: string | null;
}

/** What a call is, as far as budgets ask. */
export interface DecidedCall {
  /** What the call will cost; `undefined`: unknown, zero: free. */
  readonly estimatePico: bigint | undefined;
  readonly labels?: Labels | undefined;
  readonly model?: string | undefined;
}

/** What a decision goes by besides the budgets. */
export interface DecisionTerms {
  /** What the call will cost; `undefined`: unknown, zero: free. */
  readonly estimatePico: bigint | undefined;
  /** The ledger lags by more than it may: what is not known to be exceeded goes by the budget's `outage`. */
  readonly behind: boolean;
  readonly unbudgeted: 'allow' | 'deny';
}

export interface Judgement {
  readonly allowed: boolean;
  readonly budgets: readonly JudgedBudget[];
  readonly blockedBy: JudgedBudget | null;
  readonly unbudgeted: boolean;
  /** The least over the enforced budgets; `null` for no limit. */
  readonly remainingPico: bigint | null;
  /** Empty when allowed. */
  readonly message: string;
}

import {
  decide,
  type BudgetState,
  type DecidedCall,
  type Instant,
  type Judgement,
  type Labels,
  type Position,
  type Scope,
} from '#libs/ledger';

/** What was asked: who wants to spend, how much, and on what. */
export interface DecisionQuestion extends DecidedCall {
  readonly scope: Scope;
}

export interface CheckRequest extends DecisionQuestion {
  readonly minPosition: Position | undefined;
}

/** How far the numbers go that a decision rests on. */
interface Grounds {
  readonly decidedAt: Instant;
  readonly position: string;
  /** Up to when the numbers are complete. */
  readonly asOf: Instant;
  readonly lagMs: number;
  /** The ledger lags by more than it may, or its database is gone, so each budget's `outage` had a say. */
  readonly degraded: boolean;
}

/** An answer to a check or a hold, with what it rests on. */
export interface Decision extends Judgement, Grounds {
  /** Those that it was judged by; absent: none. */
  readonly labels?: Labels;
}

export interface CheckPolicy {
  readonly partitions: number;
  readonly unbudgeted: 'allow' | 'deny';
  readonly maxLagMs: number;
}

/** Decides a check or a hold: over all budgets of its accounts, with their numbers. */
export function decideOn(
  { states, ...grounds }: Grounds & { readonly states: readonly BudgetState[] },
  call: DecidedCall,
  { unbudgeted }: Pick<CheckPolicy, 'unbudgeted'>,
): Decision {
  const { estimatePico, labels, model } = call;
  const terms = { estimatePico, labels, model, behind: grounds.degraded, unbudgeted };
  return { ...decide(states, terms), ...grounds, ...(labels !== undefined && { labels }) };
}

import {
  decide,
  type BudgetState,
  type Instant,
  type Judgement,
  type Position,
  type Scope,
} from '#libs/ledger';

export interface CheckRequest {
  readonly scope: Scope;
  /** `undefined`: the cost is unknown; zero: the call is free. */
  readonly estimatePico: bigint | undefined;
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
export interface Decision extends Judgement, Grounds {}

export interface CheckPolicy {
  readonly partitions: number;
  readonly unbudgeted: 'allow' | 'deny';
  readonly maxLagMs: number;
}

/** Decides a check or a hold: over all budgets of its scope, with their numbers. */
export function decideOn(
  { states, ...grounds }: Grounds & { readonly states: readonly BudgetState[] },
  estimatePico: bigint | undefined,
  { unbudgeted }: Pick<CheckPolicy, 'unbudgeted'>,
): Decision {
  return { ...decide(states, { estimatePico, behind: grounds.degraded, unbudgeted }), ...grounds };
}

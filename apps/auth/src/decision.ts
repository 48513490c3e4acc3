import type { Instant, Judgement, Position, Scope } from '#libs/ledger';

export interface CheckRequest {
  readonly scope: Scope;
  /** `undefined`: the cost is unknown; zero: the call is free. */
  readonly estimatePico: bigint | undefined;
  readonly minPosition: Position | undefined;
}

/** An answer to a check, with what it rests on. */
export interface Decision extends Judgement {
  readonly decidedAt: Instant;
  readonly position: string;
  /** Up to when the numbers are complete. */
  readonly asOf: Instant;
  readonly lagMs: number;
  /** The ledger lags by more than it may, or its database is gone, so each budget's `outage` had a say. */
  readonly degraded: boolean;
}

export interface CheckPolicy {
  readonly partitions: number;
  readonly unbudgeted: 'allow' | 'deny';
  readonly maxLagMs: number;
}

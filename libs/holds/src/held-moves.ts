import type { Instant } from '#libs/ledger';

/** Money of an account that a flush moves. */
export interface HeldMove {
  readonly partition: number;
  readonly account: string;
  byPico: bigint;
}

export interface ExpiryMove extends HeldMove {
  readonly expiresAt: Instant;
}

/** Money of a label or of the ledger that a flush moves, in the slot of its process. */
export type PoolMove = Omit<HeldMove, 'partition'>;
export type PoolExpiryMove = Omit<ExpiryMove, 'partition'>;

export interface PoolMoves {
  readonly taken: readonly PoolMove[];
  readonly expiries: readonly PoolExpiryMove[];
}

/** What a flush moves on accounts that it has locked, and on pools. */
export interface HeldMoves {
  readonly taken: readonly HeldMove[];
  readonly expiries: readonly ExpiryMove[];
  readonly pools: PoolMoves;
}

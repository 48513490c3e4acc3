import type { DriveOrder } from '../load/drive';

/** A way to take holds on budgets, which are known by their accounts: `team:ml`, `user:alice`. */
export interface HoldDesign {
  /** Gives each account a budget of its own with room for so many holds. */
  setRoom(accounts: readonly string[], room: number): Promise<void>;
  /** Asks for a hold of 1.00. @returns whether it was granted */
  take(account: string): Promise<boolean>;
  /** Frees its connections. */
  close(): Promise<void>;
}

export const TTL_SECONDS = 3600;

/** Asks for holds on some accounts, in turn. */
export interface HoldOrder extends DriveOrder {
  readonly accounts: readonly string[];
  /** Each account's first order gives it room for so many. */
  readonly room: number;
  /** Its connections are given up then: those of all designs together are more than a Postgres lets in. */
  readonly isLast: boolean;
}

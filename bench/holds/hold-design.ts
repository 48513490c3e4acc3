/** A way to take holds on budgets, which are known by their accounts: `team:ml`, `user:alice`. */
export interface HoldDesign {
  /** Gives each account a budget of its own with room for so many holds. */
  setRoom(accounts: readonly string[], room: number): Promise<void>;
  /** Asks for a hold of 1.00. @returns whether it was granted */
  take(account: string): Promise<boolean>;
}

export const TTL_SECONDS = 3600;

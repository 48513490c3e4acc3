import { defaultTargetOf, isOfScope, type Account, type BudgetTarget } from '#libs/ledger';

const MOST_TARGETS = 10_000;

/**
 * On which persons and pools, or for all of a kind, budgets were found lately, so that their balances are read along with
 * the budgets. It only guesses: what it misses is read in a second statement, and what it has too much of is read for
 * nothing.
 */
export class BudgetedTargets {
  private readonly targets = new Set<BudgetTarget>();

  note(target: BudgetTarget): void {
    if (this.targets.size >= MOST_TARGETS) this.targets.clear();
    this.targets.add(target);
  }

  /** Whose balances to read at once: those that a scope names always, for nearly all budgets are on these. */
  among(accounts: ReadonlyMap<string, Account>): Map<string, Account> {
    const likely = new Map<string, Account>();
    for (const [name, account] of accounts) {
      if (isOfScope(account) || this.has(name, account)) likely.set(name, account);
    }
    return likely;
  }

  private has(name: string, account: Account): boolean {
    if (this.targets.size === 0) return false;
    const byDefault = defaultTargetOf(account);
    return this.targets.has(name) || (byDefault !== undefined && this.targets.has(byDefault));
  }
}

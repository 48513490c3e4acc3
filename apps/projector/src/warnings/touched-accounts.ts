import { accountsOf, formatAccount, type Account } from '#libs/ledger';
import type { BalanceChange, Plan } from '#libs/projection';

/** What is to be tested for warnings. */
export interface Touched {
  readonly accounts: ReadonlyMap<string, Account>;
  /** By id: their settings changed, or what is in force of them. */
  readonly budgets: ReadonlySet<string>;
  /** Of which all accounts and all budgets are to be tested. */
  readonly partitions: ReadonlySet<number>;
  /** Where the accounts and budgets were touched. */
  readonly sources: ReadonlySet<number>;
}

/**
 * What commits have touched since it was last taken. It never refuses anything: where more is touched than it holds,
 * whole partitions stand for it.
 */
export class TouchedAccounts {
  /** Called after each change. */
  onNoted: () => void = () => undefined;
  private accounts = new Map<string, Account>();
  private budgets = new Set<string>();
  private partitions = new Set<number>();
  private sources = new Set<number>();

  /** @param most accounts and budgets that are held */
  constructor(private readonly most: number) {}

  /** Of a partition that was just taken over nobody knows what its last projector has tested. */
  noteTakenOver(partition: number): void {
    this.partitions.add(partition);
    this.onNoted();
  }

  noteApplied(
    partition: number,
    entries: readonly BalanceChange[],
    budgetChanges: Plan['budgetChanges'],
  ): void {
    if (!this.partitions.has(partition)) {
      for (const { scope, labels } of entries) {
        for (const account of accountsOf(scope, labels)) {
          this.accounts.set(formatAccount(account), account);
        }
      }
      for (const change of budgetChanges) this.budgets.add(budgetIdOf(change));
      this.sources.add(partition);
      this.bound();
    }
    this.onNoted();
  }

  /** Another revision of it is in force, though nothing was recorded. */
  noteBudget(partition: number, budgetId: string): void {
    this.budgets.add(budgetId);
    this.sources.add(partition);
    this.bound();
  }

  take(): Touched {
    const { accounts, budgets, partitions, sources } = this;
    this.accounts = new Map();
    this.budgets = new Set();
    this.partitions = new Set();
    this.sources = new Set();
    return { accounts, budgets, partitions, sources };
  }

  /** What was taken could not be tested. */
  putBack({ accounts, budgets, partitions, sources }: Touched): void {
    for (const [name, account] of accounts) this.accounts.set(name, account);
    for (const budgetId of budgets) this.budgets.add(budgetId);
    for (const partition of partitions) this.partitions.add(partition);
    for (const partition of sources) this.sources.add(partition);
    this.bound();
  }

  private bound(): void {
    if (this.accounts.size + this.budgets.size <= this.most) return;
    for (const partition of this.sources) this.partitions.add(partition);
    this.accounts.clear();
    this.budgets.clear();
    this.sources.clear();
  }
}

function budgetIdOf(change: Plan['budgetChanges'][number]): string {
  return change.kind === 'budget_set' ? change.budget.budgetId : change.budgetId;
}

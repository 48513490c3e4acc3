import {
  defaultTargetOf,
  formatAccount,
  formatPosition,
  includesPosition,
  windowOf,
  type Account,
  type Budget,
  type BudgetState,
  type Instant,
  type Position,
  type Window,
} from '#libs/ledger';

/** How far the projection of one partition is. */
export interface Fence {
  readonly nextOffset: bigint;
  /** The projection had all that the log held at this instant; `undefined` before it ever caught up. */
  readonly caughtUpAt: Instant | undefined;
}

export interface Sums {
  readonly spentPico: bigint;
  readonly unpriced: number;
}

interface PlacedBudget {
  readonly budget: Budget;
  readonly partition: number;
}

const NO_BUDGETS: readonly PlacedBudget[] = [];
const NOTHING: Sums = { spentPico: 0n, unpriced: 0 };

/** What the projection says about some accounts, all at one instant. */
export class Snapshot {
  /** The database's clock. */
  now: Instant = 0n;
  private readonly budgets = new Map<string, PlacedBudget[]>();
  private readonly spentInWindow = new Map<string, bigint>();
  private hasWindows = false;
  private madePosition: Position | undefined;
  private included: Position | undefined;
  private printedPosition: string | undefined;

  constructor(
    readonly fences: ReadonlyMap<number, Fence>,
    private readonly sums: ReadonlyMap<string, Sums>,
  ) {}

  sumsOf(account: string): Sums {
    return this.sums.get(account) ?? NOTHING;
  }

  addBudget(target: string, partition: number, budget: Budget): void {
    if (isBounded(windowOf(budget.window, this.now))) this.hasWindows = true;
    const known = this.budgets.get(target);
    if (known) known.push({ budget, partition });
    else this.budgets.set(target, [{ budget, partition }]);
  }

  addSpentInWindow(account: string, budgetId: string, spentPico: bigint): void {
    this.spentInWindow.set(`${account} ${budgetId}`, spentPico);
  }

  /** The budgets of an account with their numbers, in the order of their ids: its own, or else the defaults. */
  statesOf(account: Account, name = formatAccount(account)): BudgetState[] {
    return this.budgetsOf(account, name)
      .map(({ budget }) => this.stateOf(budget, account, name))
      .sort((a, b) => (a.budget.budgetId < b.budget.budgetId ? -1 : 1));
  }

  /** The numbers of one budget, whether or not it is on record. */
  stateOf(budget: Budget, account: Account, name = formatAccount(account)): BudgetState {
    const window = windowOf(budget.window, this.now);
    const inWindow = isBounded(window)
      ? this.spentInWindow.get(`${name} ${budget.budgetId}`)
      : undefined;
    return {
      budget,
      account,
      window,
      spentPico: inWindow ?? this.sumsOf(name).spentPico,
      heldPico: 0n,
    };
  }

  /** Whether a budget of these accounts counts over less than all time, so that its sum must be read. */
  needsSums(accounts: ReadonlyMap<string, Account>): boolean {
    if (!this.hasWindows) return false;
    for (const [name, account] of accounts) {
      for (const { budget } of this.budgetsOf(account, name)) {
        if (isBounded(windowOf(budget.window, this.now))) return true;
      }
    }
    return false;
  }

  /** The partitions that the budgets of an account come from. */
  budgetPartitionsOf(account: Account): number[] {
    return this.budgetsOf(account, formatAccount(account)).map(({ partition }) => partition);
  }

  /** How far the projection is, made once for all who share the snapshot. */
  get position(): Position {
    return (this.madePosition ??= new Map(
      [...this.fences].map(([partition, { nextOffset }]) => [partition, nextOffset]),
    ));
  }

  /** Whether it has everything up to a position; those who share a snapshot mostly ask for the same one. */
  includes(least: Position): boolean {
    if (this.included === least) return true;
    if (!includesPosition(this.position, least)) return false;
    this.included = least;
    return true;
  }

  get positionText(): string {
    return (this.printedPosition ??= formatPosition(this.position));
  }

  private budgetsOf(account: Account, name: string): readonly PlacedBudget[] {
    return this.budgets.get(name) ?? this.budgets.get(defaultTargetOf(account)) ?? NO_BUDGETS;
  }
}

/** Whether a window is less than all time, of which the balance is the sum. */
export function isBounded({ start, end }: Window): boolean {
  return start !== null || end !== null;
}

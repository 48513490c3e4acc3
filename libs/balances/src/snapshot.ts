import {
  formatAccount,
  formatPosition,
  defaultTargetOf,
  includesPosition,
  windowOf,
  type Account,
  type Budget,
  type BudgetState,
  type BudgetTarget,
  type Instant,
  type Position,
  type Window,
} from '#libs/ledger';
import type { Feed } from './feed';

/** How far the projection of one partition is. */
export interface Fence {
  readonly nextOffset: bigint;
  /** The projection had all that the log held at this instant; `undefined` before it ever caught up. */
  readonly caughtUpAt: Instant | undefined;
  /** What is recorded from now on is known after this instant; only `readStanding` reads it. */
  readonly knownAt?: Instant;
}

export interface Sums {
  readonly spentPico: bigint;
  readonly unpriced: number;
}

/** How many sums of an account's held money have expired and are not counted out: each reader adds them up. */
export interface DueSums {
  /** `null`: of a label or of the ledger, which is in none. */
  readonly partition: number | null;
  readonly account: string;
  readonly sums: number;
}

/** A budget's window on an account, of which the sum is asked. */
export interface WindowOfAccount {
  readonly account: Account;
  readonly name: string;
  readonly budgetId: string;
  readonly window: Window;
}

const NO_BUDGETS: readonly Budget[] = [];
const NO_FEEDS: readonly Feed[] = [];
const NOTHING: Sums = { spentPico: 0n, unpriced: 0 };

/** What the projection says about some accounts, all at one instant. */
export class Snapshot {
  /** The database's clock. */
  now: Instant = 0n;
  private readonly feeds = new Map<string, Feed[]>();
  private readonly budgets = new Map<BudgetTarget, Budget[]>();
  private readonly requiring: Budget[] = [];
  private readonly computed = new Map<string, bigint>();
  /** What is taken out of accounts and not due. */
  private readonly taken = new Map<string, bigint>();
  private readonly dueSums: DueSums[] = [];
  private hasWindows = false;
  private madePosition: Position | undefined;
  /** Of positions that several ask for: what this process has recorded, and where it had caught up. */
  private readonly included = new Set<Position>();
  private printedPosition: string | undefined;

  constructor(readonly fences: ReadonlyMap<number, Fence>) {}

  /** What one partition has of an account. */
  addFeed(account: string, feed: Feed): void {
    const known = this.feeds.get(account);
    if (known) known.push(feed);
    else this.feeds.set(account, [feed]);
  }

  /** A key can be fed by several partitions; its balance is their sum. */
  sumsOf(account: string): Sums {
    const feeds = this.feeds.get(account) ?? NO_FEEDS;
    if (feeds.length < 2) return feeds[0] ?? NOTHING;
    return {
      spentPico: feeds.reduce((sum, { spentPico }) => sum + spentPico, 0n),
      unpriced: feeds.reduce((sum, { unpriced }) => sum + unpriced, 0),
    };
  }

  addBudget(target: string, budget: Budget): void {
    if (isBounded(windowOf(budget.window, this.now))) this.hasWindows = true;
    const known = this.budgets.get(target);
    if (known) known.push(budget);
    else this.budgets.set(target, [budget]);
  }

  /** A default for a label that calls have to say. */
  addRequired(budget: Budget): void {
    this.requiring.push(budget);
  }

  /** Defaults for labels that calls have to say. */
  get required(): readonly Budget[] {
    return this.requiring;
  }

  /** What has budgets that an account is judged by: itself, or else its default. */
  budgetedTarget(account: Account, name = formatAccount(account)): BudgetTarget | undefined {
    if (this.budgets.has(name)) return name;
    const byDefault = defaultTargetOf(account);
    return byDefault !== undefined && this.budgets.has(byDefault) ? byDefault : undefined;
  }

  addSpentInWindow({ name, budgetId, window }: WindowOfAccount, spentPico: bigint): void {
    this.computed.set(computedKey(name, budgetId, window), spentPico);
  }

  /** What an account has set aside: what was taken and has neither become spend nor expired. */
  heldOf(account: string): bigint {
    let heldPico = this.taken.get(account) ?? 0n;
    for (const feed of this.feeds.get(account) ?? NO_FEEDS) heldPico -= feed.flippedPico;
    return heldPico > 0n ? heldPico : 0n;
  }

  /** For a flush that grants one request after another on one snapshot; what a statement read is added with it too. */
  changeHeld(account: string, byPico: bigint): void {
    this.taken.set(account, (this.taken.get(account) ?? 0n) + byPico);
  }

  addDue(due: DueSums): void {
    if (due.sums > 0) this.dueSums.push(due);
  }

  get due(): readonly DueSums[] {
    return this.dueSums;
  }

  /** The budgets of an account with their numbers, in the order of their ids: its own, or else the defaults. */
  statesOf(account: Account, name = formatAccount(account)): BudgetState[] {
    const budgets = this.budgetsOf(account, name);
    // Most calls' persons, and the ledger, have none.
    if (budgets.length === 0) return [];
    return budgets
      .map((budget) => this.stateOf(budget, account, name))
      .sort((a, b) => (a.budget.budgetId < b.budget.budgetId ? -1 : 1));
  }

  /** The numbers of one budget, whether or not it is on record. */
  stateOf(budget: Budget, account: Account, name = formatAccount(account)): BudgetState {
    const window = windowOf(budget.window, this.now);
    const spentPico = this.spentIn(window, budget.budgetId, name);
    if (spentPico === undefined) throw new Error(`a window of ${name} was not read`);
    return { budget, account, window, spentPico, heldPico: this.heldOf(name) };
  }

  /** The windows of these accounts' budgets whose sums are not here, so that they must be computed. */
  missingSums(accounts: ReadonlyMap<string, Account>): WindowOfAccount[] {
    if (!this.hasWindows) return [];
    return [...accounts].flatMap(([name, account]) =>
      this.budgetsOf(account, name).flatMap((budget) => this.missingSum(budget, account, name)),
    );
  }

  /** Likewise of one budget, whether or not it is on record; none or one. */
  missingSum(budget: Budget, account: Account, name = formatAccount(account)): WindowOfAccount[] {
    const window = windowOf(budget.window, this.now);
    const { budgetId } = budget;
    const isHere = this.spentIn(window, budgetId, name) !== undefined;
    return isHere ? [] : [{ account, name, budgetId, window }];
  }

  /** How far the projection is, made once for all who share the snapshot. */
  get position(): Position {
    return (this.madePosition ??= new Map(
      [...this.fences].map(([partition, { nextOffset }]) => [partition, nextOffset]),
    ));
  }

  /** Whether it has everything up to a position; those who share a snapshot mostly ask for the same ones. */
  includes(least: Position): boolean {
    if (least.size === 0 || this.included.has(least)) return true;
    if (!includesPosition(this.position, least)) return false;
    this.included.add(least);
    return true;
  }

  get positionText(): string {
    return (this.printedPosition ??= formatPosition(this.position));
  }

  private spentIn(window: Window, budgetId: string, name: string): bigint | undefined {
    if (!isBounded(window)) return this.sumsOf(name).spentPico;
    if (this.computed.size > 0) {
      const computed = this.computed.get(computedKey(name, budgetId, window));
      if (computed !== undefined) return computed;
    }
    let sum = 0n;
    for (const feed of this.feeds.get(name) ?? NO_FEEDS) {
      const spentPico = feed.spentIn(budgetId, window);
      if (spentPico === undefined) return undefined;
      sum += spentPico;
    }
    return sum;
  }

  private budgetsOf(account: Account, name: string): readonly Budget[] {
    const target = this.budgetedTarget(account, name);
    return target === undefined ? NO_BUDGETS : this.budgets.get(target)!;
  }
}

/** With its bounds: the question that the sum was computed for may have had another rule, or an earlier clock. */
function computedKey(name: string, budgetId: string, { start, end }: Window): string {
  return `${name} ${budgetId} ${start} ${end}`;
}

/** Whether a window is less than all time, of which the balance is the sum. */
function isBounded({ start, end }: Window): boolean {
  return start !== null || end !== null;
}

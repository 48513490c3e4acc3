import {
  accountsOf,
  defaultTargetOf,
  formatAccount,
  windowOf,
  type Budget,
  type Instant,
  type Scope,
  type Window,
} from '#libs/ledger';

export interface ModelHold {
  readonly scope: Scope;
  readonly createdAt: Instant;
  amount: bigint;
  expiresAt: Instant;
  state: 'active' | 'released' | 'settled';
}

export interface ModelEvent {
  readonly scope: Scope;
  readonly amount: bigint;
  readonly time: Instant;
  /** It settles a hold: until it is projected it is held. */
  readonly wasHeld: boolean;
  isProjected: boolean;
}

/** A budget with its numbers, as a decision lists it. */
export type Numbers = readonly [budgetId: string, account: string, spent: bigint, held: bigint];

/** What the ledger promises, without any of what makes it fast. */
export class Model {
  readonly holds: ModelHold[] = [];
  readonly events: ModelEvent[] = [];
  readonly budgets = new Map<string, Budget | null>();

  constructor(public now: Instant) {}

  /** What the projection has of an account in a window, by the events' own times. */
  spent(account: string, { start, end }: Window): bigint {
    const counts = ({ scope, time, isProjected }: ModelEvent) =>
      isProjected &&
      touches(scope, account) &&
      time >= (start ?? time) &&
      time < (end ?? time + 1n);
    return sum(this.events.filter(counts));
  }

  /** Holds that live, and what calls cost that is not spent yet. */
  held(account: string): bigint {
    const lives = ({ scope, state, expiresAt }: ModelHold) =>
      state === 'active' && expiresAt > this.now && touches(scope, account);
    const settles = ({ scope, wasHeld, isProjected }: ModelEvent) =>
      wasHeld && !isProjected && touches(scope, account);
    return sum(this.holds.filter(lives)) + sum(this.events.filter(settles));
  }

  /** Every budget of every account of a scope: the account's own, or else the default. */
  numbers(scope: Scope): Numbers[] {
    return this.budgeted(scope).map(([{ budgetId, window }, account]) => {
      const spent = this.spent(account, windowOf(window, this.now));
      return [budgetId, account, spent, this.held(account)];
    });
  }

  admits(scope: Scope, amount: bigint): boolean {
    if (amount === 0n) return true;
    const numbers = this.numbers(scope);
    return this.budgeted(scope).every(([{ limitPico, enforce }], n) => {
      const [, , spent, held] = numbers[n]!;
      return !enforce || limitPico === null || spent + held + amount <= limitPico;
    });
  }

  private budgeted(scope: Scope): [Budget, account: string][] {
    return accountsOf(scope).flatMap((account) => {
      const of = (target: string) =>
        [...this.budgets.values()].filter((budget) => budget?.account === target) as Budget[];
      const name = formatAccount(account);
      const own = of(name);
      const budgets = own.length > 0 ? own : of(defaultTargetOf(account));
      budgets.sort((a, b) => (a.budgetId < b.budgetId ? -1 : 1));
      return budgets.map((budget): [Budget, string] => [budget, name]);
    });
  }
}

function touches(scope: Scope, account: string): boolean {
  return accountsOf(scope).some((each) => formatAccount(each) === account);
}

function sum(all: readonly { readonly amount: bigint }[]): bigint {
  return all.reduce((total, { amount }) => total + amount, 0n);
}

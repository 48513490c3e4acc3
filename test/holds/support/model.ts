import type { OnExpiry } from '#libs/holds';
import {
  accountsOf,
  scopeAccountsOf,
  defaultTargetOf,
  formatAccount,
  windowOf,
  type Budget,
  type Instant,
  type Scope,
  type Window,
} from '#libs/ledger';
import type { Call } from './places';

export interface ModelHold extends Call {
  readonly createdAt: Instant;
  readonly onExpiry: OnExpiry;
  amount: bigint;
  expiresAt: Instant;
  /** `expired`: its expiry made an event, and nobody has said yet what the call cost. */
  state: 'active' | 'released' | 'settled' | 'expired';
}

export interface ModelEvent extends Call {
  readonly amount: bigint;
  readonly time: Instant;
  /** It settles a hold: until it is projected it is held. */
  readonly wasHeld: boolean;
  isProjected: boolean;
}

export interface ModelRevision {
  readonly budgetId: string;
  readonly revision: number;
  /** `null` removes it. */
  readonly budget: Budget | null;
}

/** A budget with its numbers, as a decision lists it. */
export type Numbers = readonly [
  ...[budgetId: string, account: string, spent: bigint, held: bigint],
  remaining: bigint | null,
];

/** What the ledger promises, without any of what makes it fast. */
export class Model {
  readonly holds: ModelHold[] = [];
  readonly events: ModelEvent[] = [];
  readonly revisions: ModelRevision[] = [];
  private readonly lastMoves = new Map<string, Instant>();

  constructor(public clock: Instant) {}

  /** When a flush of these scopes is: now, but never before money of their accounts moved last. */
  momentOf(scopes: readonly Scope[]): Instant {
    const last = scopes.flatMap(namesOfScope).map((account) => this.lastMoves.get(account) ?? 0n);
    return [this.clock, ...last].reduce((a, b) => (a > b ? a : b));
  }

  moved(scope: Scope, at: Instant): void {
    for (const account of namesOfScope(scope)) this.lastMoves.set(account, at);
  }

  /** What the projection has of an account in a window, by the events' own times. */
  spent(account: string, { start, end }: Window): bigint {
    const counts = (event: ModelEvent) =>
      event.isProjected &&
      touches(event, account) &&
      (start ?? event.time) <= event.time &&
      (!end || event.time < end);
    return sum(this.events.filter(counts));
  }

  /** Holds that live or are to be charged, and what calls cost that is not spent yet. What an account has counted as expired stays so. */
  held(account: string, at: Instant): bigint {
    const moment = [at, this.lastMoves.get(account) ?? at].reduce((a, b) => (a > b ? a : b));
    const lives = (hold: ModelHold) =>
      hold.state === 'active' &&
      (hold.expiresAt > moment || hold.onExpiry === 'charge') &&
      touches(hold, account);
    const settles = (event: ModelEvent) =>
      event.wasHeld && !event.isProjected && touches(event, account);
    return sum(this.holds.filter(lives)) + sum(this.events.filter(settles));
  }

  /** Every budget of every account of a call: the account's own, or else the default. */
  numbers(call: Call, at: Instant): Numbers[] {
    return this.budgeted(call, at).map(([{ budgetId, window, limitPico }, account]) => {
      const [spent, held] = [this.spent(account, windowOf(window, at)), this.held(account, at)];
      const room = limitPico === null ? null : limitPico - spent - held;
      return [budgetId, account, spent, held, room === null || room > 0n ? room : 0n];
    });
  }

  /** Granted if and only if for every enforced budget spent + held + amount ≤ limit. */
  admits(call: Call, amount: bigint, at: Instant): boolean {
    return this.budgeted(call, at).every(([{ window, limitPico, enforce }, account]) => {
      const [spent, held] = [this.spent(account, windowOf(window, at)), this.held(account, at)];
      return amount === 0n || !enforce || limitPico === null || spent + held + amount <= limitPico;
    });
  }

  /** Of each budget the highest revision that is in force. */
  private inForce(at: Instant): Budget[] {
    const all = this.revisions.filter(({ budget }) => at < (budget?.validUntil ?? at + 1n));
    const highest = new Map(
      all.sort((a, b) => a.revision - b.revision).map((r) => [r.budgetId, r]),
    );
    const budgets = [...highest.values()].flatMap(({ budget }) => budget ?? []);
    return budgets.sort((a, b) => (a.budgetId < b.budgetId ? -1 : 1));
  }

  private budgeted({ scope, labels }: Call, at: Instant): [Budget, account: string][] {
    const inForce = this.inForce(at);
    return accountsOf(scope, labels).flatMap((account) => {
      const of = (target: string) => inForce.filter((budget) => budget.account === target);
      const name = formatAccount(account);
      const own = of(name);
      const budgets = own.length > 0 ? own : of(defaultTargetOf(account) ?? name);
      return budgets.map((each): [Budget, string] => [each, name]);
    });
  }
}

export function namesOf({ scope, labels }: Call): string[] {
  return accountsOf(scope, labels).map(formatAccount);
}

export function namesOfScope(scope: Scope): string[] {
  return scopeAccountsOf(scope).map(formatAccount);
}

function touches(call: Call, account: string): boolean {
  return namesOf(call).includes(account);
}

function sum(all: readonly { readonly amount: bigint }[]): bigint {
  return all.reduce((total, { amount }) => total + amount, 0n);
}

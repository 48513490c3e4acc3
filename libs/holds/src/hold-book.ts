import {
  accountsOf,
  formatAccount,
  partitionOfHeld,
  partitionOfScope,
  type Account,
  type Instant,
  type Scope,
} from '#libs/ledger';
import { hasExpired, type Hold, type Settlement } from './hold';

/** Money of an account that a flush moves. */
export interface HeldMove {
  readonly partition: number;
  readonly account: string;
  byPico: bigint;
}

export interface ExpiryMove extends HeldMove {
  readonly expiresAt: Instant;
}

/** What a flush moves on accounts that it has locked. */
export interface HeldMoves {
  readonly taken: readonly HeldMove[];
  readonly expiries: readonly ExpiryMove[];
}

/** Hears of each change, so that the next request of the flush is decided with it. */
export type OnHeld = (account: string, byPico: bigint) => void;

/**
 * The holds of one flush: its accounts are locked, and its moment is not before that of any flush of theirs. What it
 * does stands here until it is written in one go.
 */
export class HoldBook {
  private readonly holds = new Map<string, Hold>();
  private readonly byKey = new Map<string, Hold>();
  private readonly created = new Set<string>();
  private readonly changed = new Set<string>();
  private readonly takenMoves = new Map<string, HeldMove>();
  private readonly expiryMoves = new Map<string, ExpiryMove>();

  constructor(
    readonly now: Instant,
    private readonly partitions: number,
    known: Iterable<Hold>,
    private readonly onHeld: OnHeld = () => undefined,
  ) {
    for (const hold of known) this.put(hold);
  }

  find(holdId: string): Hold | undefined {
    return this.holds.get(holdId);
  }

  findByKey(caller: string, key: string): Hold | undefined {
    return this.byKey.get(nameOfKey(caller, key));
  }

  isLive(hold: Hold): boolean {
    return hold.end === null && !hasExpired(hold, this.now);
  }

  take(hold: Hold): void {
    this.put(hold);
    this.created.add(hold.holdId);
    this.move(hold.scope, hold.amountPico, [[hold.expiresAt, hold.amountPico]]);
  }

  /** Of a live hold. */
  release(hold: Hold): void {
    this.move(hold.scope, -hold.amountPico, [[hold.expiresAt, -hold.amountPico]]);
    this.change({ ...hold, end: { state: 'released', at: this.now } });
  }

  /** Of a live hold. */
  extend(hold: Hold, to: { readonly amountPico: bigint; readonly expiresAt: Instant }): Hold {
    this.move(hold.scope, to.amountPico - hold.amountPico, [
      [hold.expiresAt, -hold.amountPico],
      [to.expiresAt, to.amountPico],
    ]);
    return this.change({ ...hold, ...to });
  }

  /**
   * Of a hold that has not ended; one that has expired is counted out, so all of what it cost is taken.
   * @param at when it was settled, if that was before this flush
   */
  settle(hold: Hold, settlement: Settlement, at = this.now): Hold {
    const { actualPico = 0n } = settlement;
    if (hasExpired(hold, this.now)) this.takeSpent(hold.scope, actualPico);
    else {
      const expiry = [hold.expiresAt, -hold.amountPico] as const;
      this.move(hold.scope, actualPico - hold.amountPico, [expiry]);
    }
    const late = hasExpired(hold, at);
    return this.change({ ...hold, end: { state: 'settling', at, late, ...settlement } });
  }

  /** What a call has cost whose hold holds nothing any more: its event flips as much. */
  takeSpent(scope: Scope, amountPico: bigint): void {
    this.move(scope, amountPico, []);
  }

  /** What there is to write: every account that has a change, also one that comes to nothing. */
  get moves(): HeldMoves {
    return { taken: [...this.takenMoves.values()], expiries: [...this.expiryMoves.values()] };
  }

  get newHolds(): readonly Hold[] {
    return [...this.created].map((holdId) => this.holds.get(holdId)!);
  }

  get changedHolds(): readonly Hold[] {
    return [...this.changed]
      .filter((holdId) => !this.created.has(holdId))
      .map((holdId) => this.holds.get(holdId)!);
  }

  private put(hold: Hold): void {
    this.holds.set(hold.holdId, hold);
    if (hold.idempotency) this.byKey.set(nameOfKey(hold.caller, hold.idempotency.key), hold);
  }

  private change(hold: Hold): Hold {
    this.put(hold);
    this.changed.add(hold.holdId);
    return hold;
  }

  private move(
    scope: Scope,
    takenPico: bigint,
    expiries: readonly (readonly [expiresAt: Instant, byPico: bigint])[],
  ): void {
    for (const held of heldAccountsOf(scope, this.partitions)) {
      const { account } = held;
      add(this.takenMoves, account, { ...held, byPico: takenPico });
      for (const [expiresAt, byPico] of expiries) {
        add(this.expiryMoves, `${account} ${expiresAt}`, { ...held, expiresAt, byPico });
      }
      this.onHeld(account, takenPico);
    }
  }
}

function add<M extends HeldMove>(moves: Map<string, M>, name: string, move: M): void {
  const known = moves.get(name);
  if (known) known.byPico += move.byPico;
  else moves.set(name, move);
}

/** An account where its held money stands. */
export interface HeldAccount {
  readonly partition: number;
  readonly account: string;
}

export function heldAccountsOf(scope: Scope, partitions: number): HeldAccount[] {
  return accountsOf(scope).map((account) => placeOfHeld(account, partitions));
}

export function placeOfHeld(account: Account, partitions: number): HeldAccount {
  return { partition: partitionOfHeld(account, partitions), account: formatAccount(account) };
}

/** In which partition a hold of this scope stands. */
export function partitionOfHold(hold: Pick<Hold, 'scope'>, partitions: number): number {
  return partitionOfScope(hold.scope, partitions);
}

function nameOfKey(caller: string, key: string): string {
  return JSON.stringify([caller, key]);
}

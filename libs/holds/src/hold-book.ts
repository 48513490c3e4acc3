import { formatAccount, personsOf, type Instant, type Scope } from '#libs/ledger';
import type { ExpiryMove, HeldMove, HeldMoves, PoolExpiryMove, PoolMove } from './held-moves';
import { heldAccountsOf, poolNamesOf } from './held-places';
import {
  hasExpired,
  type ExpiryEvent,
  type Hold,
  type SettledHold,
  type Settlement,
  type Settling,
  type TakenPools,
} from './hold';

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
  private readonly poolMoves = new Map<string, PoolMove>();
  private readonly poolExpiryMoves = new Map<string, PoolExpiryMove>();

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
    this.moveHold(hold, hold.amountPico, fallingDue(hold, hold.amountPico));
  }

  /** Of a live hold. */
  release(hold: Hold): void {
    this.moveHold(hold, -hold.amountPico, fallingDue(hold, -hold.amountPico));
    this.change({ ...hold, end: { state: 'released', at: this.now } });
  }

  /**
   * Takes what a live hold from before there were pools has taken, on its pools too: what it is extended by is then decided
   * and taken there as of any other.
   */
  takeOnPools(hold: Hold): Hold {
    if (hold.onPools) return hold;
    this.move(hold.scope, 0n, []);
    this.movePools(hold, hold.amountPico, fallingDue(hold, hold.amountPico));
    return this.change({ ...hold, onPools: true });
  }

  /** Of a live hold. */
  extend(hold: Hold, to: { readonly amountPico: bigint; readonly expiresAt: Instant }): Hold {
    const extended = { ...hold, ...to };
    this.moveHold(hold, to.amountPico - hold.amountPico, [
      ...fallingDue(hold, -hold.amountPico),
      ...fallingDue(extended, to.amountPico),
    ]);
    return this.change(extended);
  }

  /**
   * Of a hold that has not ended. What has fallen due is counted out, so then all of what the call cost is taken.
   * @param given.at when it was settled, if that was before this flush
   * @param given.expiryEvent `recorded`: its expiry says so, and no caller
   */
  settle(
    hold: Hold,
    settlement: Settlement,
    given: { readonly at?: Instant; readonly expiryEvent?: ExpiryEvent } = {},
  ): SettledHold {
    const { at = this.now, expiryEvent = null } = given;
    const isFree = fallsDue(hold) && hasExpired(hold, this.now);
    if (!isFree) this.moveHold(hold, -hold.amountPico, fallingDue(hold, -hold.amountPico));
    this.takeSpent(hold.scope, settlement);
    const late = expiryEvent !== null || hasExpired(hold, at);
    return this.end(hold, { state: 'settling', at, late, expiryEvent, ...settlement });
  }

  /** Of a hold that its expiry has settled: what the call cost after all, which a correction of that event says. */
  amend(hold: SettledHold, settlement: Settlement): SettledHold {
    // It takes nothing, and yet no later flush of the accounts may be before it.
    this.move(hold.scope, 0n, []);
    return this.end(hold, { ...hold.end, ...settlement, expiryEvent: 'amended' });
  }

  /**
   * As `amend`, by an event of its own: that one flips its whole amount, as the event of the expiry does, which is
   * taken back.
   */
  supersede(hold: SettledHold, settlement: Settlement): SettledHold {
    this.takeSpent(hold.scope, settlement);
    return this.amend(hold, settlement);
  }

  /** What a call has cost whose hold holds nothing any more: its event flips as much, where it was taken. */
  takeSpent(scope: Scope, settlement: Pick<Settlement, 'actualPico' | 'pools'>): void {
    const { actualPico = 0n, pools } = settlement;
    this.move(scope, actualPico, []);
    if (pools) this.movePools(pools, actualPico, []);
  }

  /** What there is to write: every account that has a change, also one that comes to nothing. */
  get moves(): HeldMoves {
    return {
      taken: [...this.takenMoves.values()],
      expiries: [...this.expiryMoves.values()],
      pools: {
        taken: [...this.poolMoves.values()],
        expiries: [...this.poolExpiryMoves.values()],
      },
    };
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

  private end(hold: Hold, end: Settling): SettledHold {
    const settled = { ...hold, end };
    this.change(settled);
    return settled;
  }

  private change(hold: Hold): Hold {
    this.put(hold);
    this.changed.add(hold.holdId);
    return hold;
  }

  private moveHold(hold: Hold, takenPico: bigint, expiries: readonly FallingDue[]): void {
    this.move(hold.scope, takenPico, expiries);
    if (hold.onPools) this.movePools(hold, takenPico, expiries);
  }

  private move(scope: Scope, takenPico: bigint, expiries: readonly FallingDue[]): void {
    for (const held of heldAccountsOf(scope, this.partitions)) {
      const { account } = held;
      add(this.takenMoves, account, { ...held, byPico: takenPico });
      for (const [expiresAt, byPico] of expiries) {
        add(this.expiryMoves, `${account} ${expiresAt}`, { ...held, expiresAt, byPico });
      }
      this.onHeld(account, takenPico);
    }
    for (const person of personsOf(scope)) this.onHeld(formatAccount(person), takenPico);
  }

  private movePools(
    { labels }: TakenPools,
    takenPico: bigint,
    expiries: readonly FallingDue[],
  ): void {
    for (const account of poolNamesOf(labels)) {
      add(this.poolMoves, account, { account, byPico: takenPico });
      for (const [expiresAt, byPico] of expiries) {
        add(this.poolExpiryMoves, `${account} ${expiresAt}`, { account, expiresAt, byPico });
      }
      this.onHeld(account, takenPico);
    }
  }
}

type FallingDue = readonly [expiresAt: Instant, byPico: bigint];

/** What is charged stays taken at the expiry, until its event is spent; so it stands in no sum that falls due. */
function fallsDue({ onExpiry }: Hold): boolean {
  return onExpiry !== 'charge';
}

function fallingDue(hold: Hold, byPico: bigint): readonly FallingDue[] {
  return fallsDue(hold) ? [[hold.expiresAt, byPico]] : [];
}

function add<M extends { byPico: bigint }>(moves: Map<string, M>, name: string, move: M): void {
  const known = moves.get(name);
  if (known) known.byPico += move.byPico;
  else moves.set(name, move);
}

function nameOfKey(caller: string, key: string): string {
  return JSON.stringify([caller, key]);
}

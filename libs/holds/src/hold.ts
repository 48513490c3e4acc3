import type { Basis, EventId, Instant, Labels, Scope } from '#libs/ledger';

/** Money set aside before a call: on every account of its scope, on the pools of its labels and on the ledger. */
export interface Hold {
  readonly holdId: string;
  readonly scope: Scope;
  readonly labels: Labels | undefined;
  readonly model: string | null;
  /** Its amount is taken on pools too; of a hold from before there was such a thing it is not. */
  readonly onPools: boolean;
  readonly amountPico: bigint;
  readonly createdAt: Instant;
  /** A whole second: from it on the money is free again, unless the hold is charged then. */
  readonly expiresAt: Instant;
  readonly caller: string;
  readonly requestId: string | null;
  readonly idempotency: Idempotency | null;
  readonly onExpiry: OnExpiry;
  /** The decision that granted it, if that is kept. */
  readonly decisionId: string | null;
  /** The decision as text, kept where the same request may come again. */
  readonly decision: string | null;
  readonly end: HoldEnd | null;
}

/**
 * What becomes of a hold that nobody has ended when it expires: nothing (`release`), an event of unknown cost
 * (`unknown`), or an event that costs what was held (`charge`).
 */
export type OnExpiry = (typeof ON_EXPIRY)[number];
export const ON_EXPIRY = ['release', 'unknown', 'charge'] as const;

/** What tells that a request came before. */
export interface Idempotency {
  readonly key: string;
  /** SHA-256 in hex of what was asked. */
  readonly bodyHash: string;
}

export type HoldEnd = Released | Settling;

export interface Released {
  readonly state: 'released';
  readonly at: Instant;
}

/** What the call cost is on its way to the log, and counts as held until the projection has it. */
export interface Settling extends Settlement {
  readonly state: 'settling';
  readonly at: Instant;
  /** It had expired by then. */
  readonly late: boolean;
  readonly expiryEvent: ExpiryEvent | null;
}

export type SettledHold = Hold & { readonly end: Settling };

/**
 * Of a hold whose expiry made an event: `recorded` while nobody has said what the call cost, and who says it first
 * amends that event. `amended`: that was said, and the event was corrected.
 */
export type ExpiryEvent = 'recorded' | 'amended';

/** The event that settles a hold. */
export interface Settlement {
  readonly event: EventId;
  /** `undefined`: the cost is unknown. */
  readonly actualPico: bigint | undefined;
  readonly basis: Basis;
  /** SHA-256 in hex of what a settle said; `null` where the spend came through another door. */
  readonly bodyHash: string | null;
  /** On which pools its amount is taken beside the accounts of the scope; `null`: on none. Its event flips it there. */
  readonly pools: TakenPools | null;
  readonly model: string | null;
}

/** The ledger, and the pools of these labels: of all that the event is counted with. */
export interface TakenPools {
  readonly labels: Labels | undefined;
}

export type HoldState = 'active' | 'settling' | 'settled' | 'released' | 'expired';

/** @param isProjected whether the projection has the event that settles it */
export function stateOfHold(hold: Hold, now: Instant, isProjected: boolean): HoldState {
  switch (hold.end?.state) {
    case 'released':
      return 'released';
    case 'settling':
      return isProjected ? 'settled' : 'settling';
    case undefined:
      if (!hasExpired(hold, now)) return 'active';
      return owesEvent(hold, now) ? 'settling' : 'expired';
  }
}

/** It has expired, and the event that says so is still to be made. */
export function owesEvent(hold: Hold, now: Instant): boolean {
  return hold.end === null && hold.onExpiry !== 'release' && hasExpired(hold, now);
}

export function hasExpired({ expiresAt }: Pick<Hold, 'expiresAt'>, now: Instant): boolean {
  return expiresAt <= now;
}

/** Its expiry has settled it, and nobody has said yet what the call cost. */
export function isAmendable(hold: Hold): hold is SettledHold {
  return hold.end?.state === 'settling' && hold.end.expiryEvent === 'recorded';
}

/** How much more the call cost than was held. */
export function overrunOf({ amountPico }: Hold, { actualPico = 0n }: Settlement): bigint {
  return actualPico > amountPico ? actualPico - amountPico : 0n;
}

/** Where the amount of a hold's settle is taken, whose event has these labels. */
export function poolsOfSettle(
  { onPools }: Pick<Hold, 'onPools'>,
  labels: Labels | undefined,
): TakenPools | null {
  return onPools ? { labels } : null;
}

const MICROS_PER_SECOND = 1_000_000n;

/** When a hold of this many seconds expires: at the next whole second, so that sums by the second are exact. */
export function expiryOf(now: Instant, ttlSeconds: number): Instant {
  const end = now + BigInt(ttlSeconds) * MICROS_PER_SECOND;
  return ((end + MICROS_PER_SECOND - 1n) / MICROS_PER_SECOND) * MICROS_PER_SECOND;
}

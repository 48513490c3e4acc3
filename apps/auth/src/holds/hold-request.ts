import type { Instant, Labels, Scope } from '#libs/ledger';
import type { OnExpiry, SettledCall } from '#libs/holds';

/** Who asks; only the caller that took a hold may end or extend it. */
interface Asked {
  readonly caller: string;
}

export interface TakeRequest extends Asked {
  readonly kind: 'take';
  readonly scope: Scope;
  /** What the call is for; it is held on their pools too. */
  readonly labels?: Labels | undefined;
  readonly model?: string | undefined;
  readonly amountPico: bigint;
  readonly ttlSeconds: number;
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
  readonly onExpiry: OnExpiry;
}

/** What is asked of a hold. */
interface OfHold extends Asked {
  readonly holdId: string;
}

export interface SettleRequest extends OfHold {
  readonly kind: 'settle';
  readonly cost: SettledCall['cost'];
  /** `undefined`: now. */
  readonly time: Instant | undefined;
}

export interface ReleaseRequest extends OfHold {
  readonly kind: 'release';
}

/** Of the two one at least. */
export interface ExtendRequest extends OfHold {
  readonly kind: 'extend';
  readonly ttlSeconds: number | undefined;
  /** The new total. */
  readonly amountPico: bigint | undefined;
}

/** What a caller may ask. */
export type HoldRequest = TakeRequest | SettleRequest | ReleaseRequest | ExtendRequest;

/** What the ledger itself does to a hold that has expired; the caller is whose hold it is. */
export interface ExpireRequest extends OfHold {
  readonly kind: 'expire';
}

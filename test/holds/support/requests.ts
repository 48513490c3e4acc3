import { randomUUID } from 'node:crypto';
import type { Instant, Labels, Scope, Spend } from '#libs/ledger';
import { TEST_CURRENCY } from '#libs/testing';
import type {
  ExtendRequest,
  ReleaseRequest,
  SettleRequest,
  TakeRequest,
} from '../../../apps/auth/src/holds/hold-request';
import { CALLER } from './real-parts';

/** Requests and spends of one gateway; amounts in 10^-12 units. */

export function take(
  scope: Scope,
  amountPico: bigint,
  idempotencyKey: string | null = null,
  labels?: Labels,
): TakeRequest {
  return {
    kind: 'take',
    caller: CALLER,
    scope,
    amountPico,
    ttlSeconds: 86_400,
    requestId: null,
    idempotencyKey,
    onExpiry: 'release',
    labels,
  };
}

export function settle(holdId: string, amountPico: bigint): SettleRequest {
  const cost = { basis: 'exact', amountPico } as const;
  return { kind: 'settle', caller: CALLER, holdId, time: undefined, cost };
}

export function release(holdId: string): ReleaseRequest {
  return { kind: 'release', caller: CALLER, holdId };
}

export function extend(holdId: string, amountPico: bigint): ExtendRequest {
  return { kind: 'extend', caller: CALLER, holdId, ttlSeconds: undefined, amountPico };
}

export function spendFor(
  scope: Scope,
  holdId: string,
  amountPico: bigint,
  time: Instant,
  labels?: Labels,
): Spend {
  return {
    id: randomUUID(),
    source: 'gateway',
    time,
    scope,
    currency: TEST_CURRENCY,
    amountPico,
    basis: 'exact',
    holdId,
    ...(labels && { labels }),
  };
}

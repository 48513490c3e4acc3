import type { Instant } from '#libs/ledger';
import type { ModelEvent, ModelHold } from './model';

/** A hold as both know it. */
export interface PlayedHold {
  readonly id: string;
  readonly model: ModelHold;
  /** What it was taken with, where it has a key. */
  readonly taken: { readonly said: string; readonly decided: unknown };
  settledWith: string | undefined;
  /** What its expiry made. */
  expiredAs: ModelEvent | undefined;
}

/** Sorts holds by their expiry. */
export function orderOf({ id, model }: PlayedHold): string {
  return `${String(model.expiresAt).padStart(20, '0')} ${id}`;
}

export function isLive({ state, expiresAt }: ModelHold, at: Instant): boolean {
  return state === 'active' && expiresAt > at;
}

import { HoldEnded, NotFound } from './errors.js';
import { backoff, LONGEST_RETRY_AFTER } from './http/retry.js';
import type { Outcome } from './http/transport.js';
import type { Machine } from './machine.js';

export interface Beats {
  /** How long the hold lives after each, in milliseconds. */
  readonly ttl: number;
  /** Ends by itself after so long. */
  readonly limit: number;
  /** Extends the hold once. */
  readonly extend: () => Promise<Outcome>;
  readonly warn: (message: string, error?: unknown) => void;
}

/** Keeps a hold alive while its call runs. What fails is told, and stops nothing. @returns what ends it */
export function beat({ ttl, limit, extend, warn }: Beats, machine: Machine): () => void {
  const interval = ttl / 3;
  const end = machine.elapsed() + limit;
  let failures = 0;
  let isStopped = false;
  let callOff = machine.later(interval, () => void once());

  async function once(): Promise<void> {
    if (machine.elapsed() > end)
      return warn('A call runs for too long: its hold is no longer extended.');
    const outcome = await extend();
    if (isStopped) return;
    if (outcome.kind === 'answered') {
      failures = 0;
      return next(interval);
    }
    const { error } = outcome;
    warn(`The hold of a call that runs could not be extended. ${error.message}`, error);
    if (error instanceof HoldEnded || error instanceof NotFound) return;
    const asked = outcome.kind === 'failed' ? (outcome.retryAfter ?? 0) : 0;
    next(Math.max(backoff(failures, machine.random()), Math.min(asked, LONGEST_RETRY_AFTER)));
    failures += 1;
  }

  function next(delay: number): void {
    callOff = machine.later(delay, () => void once());
  }

  return () => {
    isStopped = true;
    callOff();
  };
}

import type { Machine } from '../machine.js';

/** An attempt took longer than it may. */
export class TimedOut extends Error {}

export interface Deadline {
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Nobody waits for it: the process may end before. */
  readonly isBackground?: boolean;
}

/**
 * Runs something that may take so long, whether it heeds its signal or not.
 * @throws TimedOut, or what the caller's own signal says
 */
export async function withDeadline<T>(
  { timeout, signal, isBackground }: Deadline,
  machine: Machine,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const end = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error));
  });
  const abort = () => controller.abort(signal!.reason);
  const expire = () => controller.abort(new TimedOut(`no answer within ${timeout} ms`));
  const callOff = machine.later(timeout, expire, !isBackground);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([run(controller.signal), end]);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    callOff();
    signal?.removeEventListener('abort', abort);
  }
}

/** An attempt took longer than it may. */
export class TimedOut extends Error {}

/**
 * Runs something that may take so long.
 * @throws TimedOut, or what the caller's own signal says
 */
export async function withDeadline<T>(
  milliseconds: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => controller.abort(signal!.reason);
  const timeout = () => controller.abort(new TimedOut(`no answer within ${milliseconds} ms`));
  const timer = setTimeout(timeout, milliseconds);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await run(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

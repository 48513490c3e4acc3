/** What the client takes from the machine it runs on; tests bring their own. */
export interface Machine {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that nobody sets. */
  elapsed(): number;
  /** From 0 to 1. */
  random(): number;
  /** Waits for something that a caller waits for. @throws what the signal says */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Runs something later. The process may end before, unless it is awaited. @returns what calls it off */
  later(milliseconds: number, run: () => void, isAwaited?: boolean): () => void;
}

/** Timers overflow after 24.8 days, and then fire at once. */
const LONGEST_TIMER = 24 * 24 * 3_600_000;

export const machine: Machine = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const abort = () => {
        callOff();
        reject(signal!.reason as Error);
      };
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const callOff = machine.later(milliseconds, wake, true);
      signal?.addEventListener('abort', abort, { once: true });
    }),
  later: (milliseconds, run, isAwaited) => {
    // In a browser or a worker a timer is a number.
    const timer = setTimeout(run, Math.min(milliseconds, LONGEST_TIMER)) as NodeJS.Timeout | number;
    if (!isAwaited && typeof timer === 'object') timer.unref();
    return () => clearTimeout(timer);
  },
};

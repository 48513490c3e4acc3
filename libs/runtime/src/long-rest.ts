/** Node takes a longer timer for one of a millisecond. */
const MOST_OF_A_TIMER_MS = 2 ** 31 - 1;

/** Waits as long as is said, however long, or until the signal. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0 && !signal.aborted; left -= MOST_OF_A_TIMER_MS) {
    await restOnce(Math.min(left, MOST_OF_A_TIMER_MS), signal);
  }
}

function restOnce(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits for a condition instead of for a time.
 * @param what completes the sentences "not within … ms: " and "still wrong after … ms: "
 * @param condition asked again and again; a rejection counts as "not yet", and the last one is told when time is up
 */
export async function waitUntil(
  what: string,
  condition: () => Promise<boolean> | boolean,
  limitMs = 60_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  let last: unknown;
  do {
    try {
      if (await condition()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await sleep(POLL_MS);
  } while (performance.now() < deadline);
  // A failed expectation is a wrong answer; with these words a run does not take it for a busy machine.
  const isWrong = last instanceof Error && 'matcherResult' in last;
  const lateness = isWrong ? 'still wrong after' : 'not within';
  throw new Error(`${lateness} ${limitMs} ms: ${what}`, { cause: last });
}

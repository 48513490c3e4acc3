import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits for a condition instead of for a time.
 * @param what completes the sentence "not within … ms: "
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
  throw new Error(`not within ${limitMs} ms: ${what}`, { cause: last });
}

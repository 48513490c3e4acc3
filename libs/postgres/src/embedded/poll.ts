import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats the attempt until it gives something; undefined when `forMs` have passed without. */
export async function poll<T>(
  limits: { readonly forMs: number; readonly everyMs: number },
  attempt: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const end = performance.now() + limits.forMs;
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (performance.now() >= end) return undefined;
    await sleep(limits.everyMs);
  }
}

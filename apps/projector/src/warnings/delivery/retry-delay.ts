/**
 * How long to wait after the n-th attempt, in milliseconds: twice as long each time, up to a limit, and of that between
 * half and all, so that many that failed together do not come back together.
 */
export function retryDelayMs(
  attempts: number,
  limits: { readonly firstRetryMs: number; readonly longestRetryMs: number },
  random: () => number,
): number {
  const doubled = limits.firstRetryMs * 2 ** Math.min(attempts - 1, 40);
  const longest = Math.min(doubled, limits.longestRetryMs);
  return Math.round(longest / 2 + (random() * longest) / 2);
}

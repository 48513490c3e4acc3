/** Longest that a timer of Node waits: it fires at once when more is asked of it. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * What work gives, or what `late` gives or throws once it takes longer; the work goes on by itself then.
 * @param ms Infinity: for as long as it takes
 */
export async function within<T, L>(work: Promise<T>, ms: number, late: () => L): Promise<T | L> {
  if (ms === Infinity) return work;
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, Math.min(ms, LONGEST_TIMER_MS));
  try {
    return await Promise.race([work, over.promise.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}

import { FIRST_INSTANT, LAST_INSTANT, type Instant } from '../instant';
import { addMonthsInUtc } from './local-time';
import { parsePeriod, type Period } from './period';
import type { Bounds, EveryRule } from './window-rule';

/** Of the 400 years after which the calendar repeats. */
const MICROS_PER_MEAN_MONTH = 2_629_746_000_000n;
/** From any instant this many months lead out of the years 1 to 9999. */
const MOST_MONTHS = 12 * 10_000;

/**
 * The window that holds an instant and all after it. Every start is reckoned from the anchor, never from its neighbour:
 * what one month clamps the next has again.
 */
export function* everyWindows(
  { duration, anchor }: EveryRule,
  at: Instant,
): Generator<Bounds, never> {
  const period = parsePeriod(duration)!;
  const startOf = (n: bigint) => startOfNth(period, anchor, n);
  const mean = BigInt(period.months) * MICROS_PER_MEAN_MONTH + period.micros;
  // Exact without months; with them a month's length away at most.
  let n = (at - anchor) / mean;
  let start = startOf(n);
  while (start > at) start = startOf(--n);
  for (;;) {
    const end = startOf(++n);
    if (end > at) yield { start, end };
    start = end;
  }
}

function startOfNth({ months, micros }: Period, anchor: Instant, n: bigint): Instant {
  const count = Number(n) * months;
  const outside =
    count > MOST_MONTHS ? LAST_INSTANT + 1n : count < -MOST_MONTHS ? FIRST_INSTANT - 1n : undefined;
  return (outside ?? addMonthsInUtc(anchor, count)) + n * micros;
}

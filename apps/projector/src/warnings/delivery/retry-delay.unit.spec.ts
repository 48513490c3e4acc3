import fc from 'fast-check';
import { retryDelayMs } from './retry-delay';

const LIMITS = { firstRetryMs: 5_000, longestRetryMs: 3_600_000 };

describe('the wait before a retry', () => {
  it('doubles up to its limit', () => {
    const waits = [1, 2, 3, 10, 11, 12, 1000].map((n) => retryDelayMs(n, LIMITS, () => 1));
    expect(waits).toEqual([5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000, 3_600_000]);
  });

  it('lies somewhere in its later half, so that those who failed together part', () => {
    const [attempt, chance] = [
      fc.integer({ min: 1, max: 10_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ];
    fc.assert(
      fc.property(attempt, chance, (attempts, random) => {
        const longest = retryDelayMs(attempts, LIMITS, () => 1);
        const wait = retryDelayMs(attempts, LIMITS, () => random);
        expect(wait).toBeGreaterThanOrEqual(longest / 2);
        expect(wait).toBeLessThanOrEqual(longest);
      }),
    );
    expect(retryDelayMs(3, LIMITS, () => 0)).toBe(10_000);
  });
});

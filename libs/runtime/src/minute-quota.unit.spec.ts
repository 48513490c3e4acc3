import { MinuteQuota } from './minute-quota';

describe('MinuteQuota', () => {
  it('admits so many different things of each asker a minute, and the same again always', () => {
    let now = 1000;
    const quota = new MinuteQuota(2, () => now);
    expect(['a', 'b', 'a', 'c'].map((thing) => quota.admit('one', thing))).toEqual([
      ...[true, true, true, false],
    ]);
    expect(quota.admit('other', 'c')).toBe(true);
    now += 59_001;
    expect(quota.admit('one', 'c')).toBe(false);
    expect(quota.secondsLeft).toBe(1);
    now += 1000;
    expect(quota.admit('one', 'c')).toBe(true);
    expect(quota.secondsLeft).toBe(60);
  });
});

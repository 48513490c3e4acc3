import { HoldQuota } from './hold-quota';

describe('HoldQuota', () => {
  let now: number;
  let living: number;
  let counted: string[];
  let refused: number;
  beforeEach(() => {
    now = 0;
    living = 0;
    counted = [];
    refused = 0;
  });
  const quotaOf = (most: number) =>
    new HoldQuota({
      most,
      countLiving: (caller) => {
        counted.push(caller);
        return Promise.resolve(living);
      },
      onRefused: () => (refused += 1),
      monotonicMs: () => now,
    });

  it('asks the database only where what was let in comes to the limit', async () => {
    const quota = quotaOf(3);
    for (let n = 0; n < 3; n += 1) await quota.admit('gateway');
    expect(counted).toEqual([]);
    await quota.admit('gateway');
    expect(counted).toEqual(['gateway']);
    expect(refused).toBe(0);
  });

  it('refuses who has as many as one may have, and no one else', async () => {
    const quota = quotaOf(3);
    living = 3;
    for (let n = 0; n < 3; n += 1) await quota.admit('greedy');
    const overloaded = { code: 'overloaded', retryAfterSeconds: 1 };
    await expect(quota.admit('greedy')).rejects.toMatchObject(overloaded);
    await expect(quota.admit('greedy')).rejects.toMatchObject(overloaded);
    expect([counted, refused]).toEqual([['greedy'], 2]);
    await quota.admit('honest');
    living = 2;
    now += 1000;
    await quota.admit('greedy');
    await expect(quota.admit('greedy')).rejects.toMatchObject(overloaded);
  });

  it('counts once for all who ask at the same time, and lets in no more than there is room for', async () => {
    const quota = quotaOf(2);
    for (let n = 0; n < 2; n += 1) await quota.admit('gateway');
    living = 1;
    const asked = await Promise.allSettled([1, 2, 3].map(() => quota.admit('gateway')));
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(counted).toEqual(['gateway']);
  });

  it('refuses no one for want of a count who was below the limit at the last one', async () => {
    let isGone = true;
    const quota = new HoldQuota({
      most: 2,
      countLiving: () => (isGone ? Promise.reject(new Error('gone')) : Promise.resolve(living)),
      onRefused: () => (refused += 1),
      monotonicMs: () => now,
    });
    for (let n = 0; n < 5; n += 1) await quota.admit('gateway');
    [isGone, living, now] = [false, 2, 1000];
    await expect(quota.admit('gateway')).rejects.toMatchObject({ code: 'overloaded' });
    [isGone, now] = [true, 2000];
    await expect(quota.admit('gateway')).rejects.toMatchObject({ code: 'overloaded' });
    expect(refused).toBe(2);
  });
});

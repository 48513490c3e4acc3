import { Estimate } from './estimate';

describe('the estimate of a rebuild', () => {
  function after(...samples: readonly (readonly [second: number, done: number, of: number])[]) {
    const estimate = new Estimate();
    for (const [second, done, of] of samples) estimate.add({ atMs: second * 1000, done, of });
    return estimate.print();
  }

  it('says nothing of the time before it knows the speed', () => {
    expect(after([0, 0, 1000], [1, 100, 1000])).toBe(
      '[##----------------------] 10%  100 of 1000 records, 100/s, estimating the time left',
    );
  });

  it('goes by the speed with which it comes nearer, which is less where more arrives', () => {
    expect(after([0, 0, 1000], [5, 500, 1000])).toContain('100/s, about 5 s left');
    expect(after([0, 0, 1000], [5, 500, 1250])).toContain('100/s, about 15 s left');
    expect(after([0, 0, 1000], [5, 500, 1500])).toContain('time left unknown');
  });

  it('forgets what was long ago', () => {
    expect(after([0, 0, 100_000], [100, 0, 100_000], [110, 1000, 100_000])).toContain(
      '100/s, about 17 min left',
    );
  });

  it('is over when all is read, also of an empty log', () => {
    expect(after([0, 0, 0])).toBe('[########################]100%  0 of 0 records, 0/s, all read');
    expect(after([0, 0, 9], [1, 9, 9])).toContain('all read');
  });
});

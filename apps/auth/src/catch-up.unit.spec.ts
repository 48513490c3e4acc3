import { Snapshot } from '#libs/balances';
import { CatchUp } from './catch-up';

describe('catching up', () => {
  it('is reached when each partition has had all of the log since the first question', () => {
    const catchUp = new CatchUp();
    expect(catchUp.isReached(snapshotAt(10n, [0n, undefined], [0n, 9n]))).toBe(false);
    expect(catchUp.isReached(snapshotAt(20n, [5n, 11n], [0n, 9n]))).toBe(false);
    expect(catchUp.isReached(snapshotAt(30n, [5n, 11n], [3n, 12n]))).toBe(true);
  });

  it('does not let pass what was read before, and comes in after one that has caught up', () => {
    const catchUp = new CatchUp();
    catchUp.isReached(snapshotAt(10n, [0n, undefined], [0n, undefined]));
    const before = snapshotAt(21n, [5n, 11n], [0n, undefined]);
    expect(catchUp.isReached(snapshotAt(20n, [5n, 11n], [3n, 12n]))).toBe(true);
    expect(catchUp.isReached(before)).toBe(false);
    expect(() => catchUp.check(before)).toThrow('still catching up');
  });

  it('stays reached, also when the projection falls behind later', () => {
    const catchUp = new CatchUp();
    catchUp.isReached(snapshotAt(10n, [5n, 10n], [3n, 10n]));
    expect(catchUp.isReached(snapshotAt(99n, [5n, 9n], [4n, 10n]))).toBe(true);
  });
});

type Fence = readonly [nextOffset: bigint, caughtUpAt: bigint | undefined];

function snapshotAt(now: bigint, ...fences: readonly Fence[]): Snapshot {
  const snapshot = new Snapshot(
    new Map(fences.map(([nextOffset, caughtUpAt], n) => [n, { nextOffset, caughtUpAt }])),
  );
  snapshot.now = now;
  return snapshot;
}

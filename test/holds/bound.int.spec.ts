import fc from 'fast-check';
import { projectionDifferences, propertyOptions } from '#libs/testing';
import { Play } from './support/play';
import { RealParts } from './support/real-parts';
import { histories, historiesForwards, type Step } from './support/steps';

jest.setTimeout(3_600_000);

const RUNS = 20;

/** A failure prints its seed and path: FC_SEED and FC_PATH replay it, each history on a database of its own; FC_RUNS digs deeper. */
describe('held money', () => {
  it('is never promised beyond a budget, nor refused inside, whatever happens in which order', () =>
    check(histories, { isOnPools: false }));

  it('is neither on labels, persons and the ledger, whichever auth takes, moves and ends it', () =>
    check(historiesForwards, { isOnPools: true }));
});

async function check(
  all: fc.Arbitrary<Step[]>,
  budgets: { readonly isOnPools: boolean },
): Promise<void> {
  const play = fc.asyncProperty(all, async (steps) => {
    // Windows of an hour, a day and a month end within what the steps of the clock come to.
    const real = await RealParts.start('2026-04-27T21:20:00.25Z');
    try {
      const played = await Play.begin(real, budgets);
      for (const step of steps) {
        await played.take(step);
        await played.compare();
      }
      await played.drain();
      await played.compare();
      expect(await projectionDifferences(real.db.database)).toEqual([]);
    } finally {
      await real.stop();
    }
  });
  await fc.assert(play, propertyOptions(RUNS));
}

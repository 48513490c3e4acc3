import fc from 'fast-check';
import { projectionDifferences, propertyOptions } from '#libs/testing';
import { Play } from './support/play';
import { RealParts } from './support/real-parts';
import { histories } from './support/steps';

jest.setTimeout(3_600_000);

const RUNS = 100;

/** FC_SEED and FC_PATH replay a failure, FC_RUNS digs deeper. */
describe('held money', () => {
  let real: RealParts;
  let runs = 0;

  beforeAll(async () => {
    // Windows of a day and of an hour end within what the steps of the clock come to.
    real = await RealParts.start('2026-04-27T23:20:00.25Z');
  });

  afterAll(() => real.stop());

  it('is never promised beyond a budget, nor refused inside, whatever happens in which order', async () => {
    const play = fc.asyncProperty(histories, async (steps) => {
      const played = await Play.begin(real, (runs += 1));
      try {
        for (const step of steps) {
          await played.take(step);
          await played.compare();
        }
      } finally {
        await played.drain();
      }
      await played.compare();
    });
    await fc.assert(play, propertyOptions(RUNS));
    expect(await projectionDifferences(real.db.database)).toEqual([]);
  });
});

import { setImmediate as round } from 'node:timers/promises';
import { Turns } from './turns';

/** A clock that each step of work moves on. */
function working(stepMs: number) {
  let now = 0;
  const done: string[] = [];
  const turns = new Turns(5, () => now);
  const work = (item: string) => {
    now += stepMs;
    done.push(item);
  };
  return { turns, done, work };
}

describe('Turns', () => {
  it('works on all, in order, and rests when a turn is over', async () => {
    const { turns, done, work } = working(2);
    const all = turns.each(['a', 'b', 'c', 'd', 'e', 'f', 'g'], work);
    await round();
    const first = done.length;
    await all;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(7);
    expect(done).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('gives one turn to one in each round of the event loop, however many ask', async () => {
    const { turns, done, work } = working(5);
    const all = ['x', 'y', 'z'].map((name) => turns.each([`${name}1`, `${name}2`], work));
    let rounds = 0;
    let most = 0;
    while (done.length < 6) {
      const before = done.length;
      await round();
      rounds += 1;
      most = Math.max(most, done.length - before);
    }
    await Promise.all(all);
    expect(most).toBe(1);
    expect(rounds).toBeGreaterThanOrEqual(6);
    expect(done).toEqual(['x1', 'y1', 'z1', 'x2', 'y2', 'z2']);
  });

  it('fails for the one whose work failed, and goes on for the others', async () => {
    const { turns, done, work } = working(5);
    const failing = turns.each(['bad'], () => {
      throw new Error('bad');
    });
    const good = turns.each(['a', 'b'], work);
    await expect(failing).rejects.toThrow('bad');
    await good;
    expect(done).toEqual(['a', 'b']);
  });
});

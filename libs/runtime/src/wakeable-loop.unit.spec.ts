import { setImmediate as turn } from 'node:timers/promises';
import { WakeableLoop } from './wakeable-loop';

const LONG_MS = 86_400_000;

describe('a loop that is woken', () => {
  const loops: WakeableLoop[] = [];
  afterEach(() => Promise.all(loops.splice(0).map((loop) => loop.stop())));

  function start(round: () => Promise<void>, given: { retryMs?: number } = {}) {
    const failures: unknown[] = [];
    const onError = (error: unknown) => failures.push(error);
    const waits = { pauseMs: 0, pollMs: LONG_MS, retryMs: LONG_MS, ...given };
    const loop = new WakeableLoop({ round, onError, ...waits });
    loops.push(loop);
    loop.start();
    return { loop, failures };
  }

  it('goes round again when it was woken in the middle of a round, and rests when it was not', async () => {
    const ends: (() => void)[] = [];
    const { loop } = start(() => new Promise<void>((resolve) => ends.push(resolve)));
    loop.wake();
    ends[0]!();
    for (let n = 0; n < 10; n++) await turn();
    expect(ends).toHaveLength(2);
    ends[1]!();
    for (let n = 0; n < 10; n++) await turn();
    expect(ends).toHaveLength(2);
    loop.wake();
    for (let n = 0; n < 10; n++) await turn();
    expect(ends).toHaveLength(3);
    ends[2]!();
  });

  it('goes on after a failure', async () => {
    let rounds = 0;
    const { failures } = start(
      () => (++rounds < 3 ? Promise.reject(new Error(`round ${rounds}`)) : Promise.resolve()),
      { retryMs: 0 },
    );
    while (rounds < 3) await turn();
    expect(failures).toEqual([new Error('round 1'), new Error('round 2')]);
  });

  it('stops after the round under way, however long it would rest', async () => {
    let rounds = 0;
    const { loop } = start(() => {
      rounds++;
      return Promise.resolve();
    });
    await loop.stop();
    expect(rounds).toBe(1);
  });
});

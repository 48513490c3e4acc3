import { setImmediate as round } from 'node:timers/promises';
import { BoundedReads } from './bounded-reads';

const LIMITS = { concurrency: 2, maxQueue: 2, waitMs: 60_000 };
const OVERLOADED = { code: 'overloaded', retryAfterSeconds: 1 };

describe('BoundedReads', () => {
  /** A reading that ends when `end` is called. */
  function reading() {
    let end: (value: string) => void = () => undefined;
    const ended = new Promise<string>((resolve) => (end = resolve));
    const ask = jest.fn((source: string) => ended.then((value) => source + value));
    return { ask, end };
  }

  it('reads so many at once, lets so many wait in their order, and refuses the rest', async () => {
    const reads = new BoundedReads('of-', LIMITS);
    const all = [1, 2, 3, 4].map(() => reading());
    const answers = all.map(({ ask }) => reads.read(ask));
    await expect(reads.read(reading().ask)).rejects.toMatchObject(OVERLOADED);
    expect(all.map(({ ask }) => ask.mock.calls.length)).toEqual([1, 1, 0, 0]);
    expect(reads.queued).toBe(2);
    all[1]!.end('second');
    expect(await answers[1]).toBe('of-second');
    await round();
    expect(all.map(({ ask }) => ask.mock.calls.length)).toEqual([1, 1, 1, 0]);
    for (const { end } of all) end('x');
    await Promise.all(answers);
    expect(reads.queued).toBe(0);
    expect(await reads.read(() => Promise.resolve('again'))).toBe('again');
  });

  it('refuses who has waited too long, and forgets them', async () => {
    const reads = new BoundedReads('', { ...LIMITS, concurrency: 1, waitMs: 1 });
    const first = reading();
    const answer = reads.read(first.ask);
    const late = reading();
    await expect(reads.read(late.ask)).rejects.toMatchObject(OVERLOADED);
    first.end('done');
    await answer;
    expect(late.ask).not.toHaveBeenCalled();
    expect(await reads.read(() => Promise.resolve('next'))).toBe('next');
  });

  it('says of a statement that took too long that there is too much to do, and passes on what else fails', async () => {
    const reads = new BoundedReads('', LIMITS);
    const cancelled = Object.assign(new Error('canceling statement'), { code: '57014' });
    await expect(reads.read(() => Promise.reject(cancelled))).rejects.toMatchObject(OVERLOADED);
    await expect(reads.read(() => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    expect(await reads.read(() => Promise.resolve('fine'))).toBe('fine');
  });
});

import { RecordingRounds } from './recording-rounds';

const LIMITS = { maxBatch: 10, maxQueue: 10, recordWaitMs: 5_000 };
const full = Object.assign(new Error('could not extend file'), { code: '53100' });

describe('whether anything can be recorded', () => {
  let nowMs = 0;
  const rounds = (limits = LIMITS) => new RecordingRounds(limits, () => nowMs);
  const ending = (all: RecordingRounds, ends: (Error | 'well')[]) => {
    const batcher = all.batcher<number, number>({
      flush: ([item]) => {
        const end = ends[item!]!;
        return end === 'well' ? Promise.resolve([item!]) : Promise.reject(end);
      },
      maxBatch: 1,
    });
    return async () => {
      for (let n = 0; n < ends.length; n++) await batcher.submit(n).catch(() => undefined);
    };
  };

  it('is not so after two refusals in a row, for as long as an answer may take', async () => {
    const all = rounds();
    await ending(all, [full])();
    expect(all.health()).toEqual({ ready: true });
    await ending(all, [full])();
    expect(all.health()).toEqual({
      ready: false,
      detail: 'what was to be recorded last was not: the disk of Postgres is full',
    });
    nowMs += LIMITS.recordWaitMs + 1;
    expect(all.health()).toEqual({ ready: true });
  });

  it('is so once anything is recorded, and bugs do not count', async () => {
    const all = rounds();
    await ending(all, [full, full, full, 'well'])();
    expect(all.health()).toEqual({ ready: true });
    await ending(all, [new Error('boom'), new Error('boom')])();
    expect(all.health()).toEqual({ ready: true });
  });

  it('is not so where nothing answers', async () => {
    const all = rounds({ ...LIMITS, recordWaitMs: 30 });
    const batcher = all.batcher({ flush: () => new Promise<number[]>(() => undefined) });
    const asked = await Promise.allSettled([batcher.submit(1), batcher.submit(2)]);
    for (const each of asked) {
      expect(each).toMatchObject({
        status: 'rejected',
        reason: { code: 'unavailable', detail: expect.stringContaining('not known') },
      });
    }
    expect(all.health()).toMatchObject({ ready: false });
  });
});

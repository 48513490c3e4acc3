import type { RebuiltFence } from '#libs/projection';
import type { LogRecord } from '#libs/wire';
import { RebuildReader } from './rebuild-reader';

const RECORDS: readonly LogRecord[] = Array.from({ length: 6 }, (_, n) => ({
  partition: 0,
  offset: BigInt(n),
  headers: {},
  value: Buffer.alloc(0),
}));

describe('the reader of a rebuild', () => {
  /** Offsets as they were written, one list for each transaction. */
  function readerOver(fail: () => boolean = () => false) {
    const written: bigint[][] = [];
    let fence: RebuiltFence = { partition: 0, epoch: 0n, nextOffset: 0n, knownAt: undefined };
    const rebuilt = {
      fence: () => Promise.resolve((fence = { ...fence, epoch: fence.epoch + 1n })),
      apply: (given: RebuiltFence, records: readonly LogRecord[]) => {
        if (fail()) return Promise.reject(new Error('the disk is full'));
        written.push(records.map(({ offset }) => offset));
        fence = { ...given, nextOffset: records.at(-1)!.offset + 1n };
        return Promise.resolve(fence);
      },
      sum: () => Promise.resolve(),
    };
    return { reader: new RebuildReader(rebuilt, 1), written };
  }

  it('writes no further than the live projection is, and goes on when that moves', async () => {
    const { reader, written } = readerOver();
    reader.allow([{ partition: 0, nextOffset: 2n }]);
    const fence = await reader.fence(0);
    const applied = reader.apply({ fence, records: RECORDS, caughtUpAt: undefined });
    expect(await reader.reachesBounds(1000)).toBe(true);
    expect([written, reader.progress()]).toEqual([[[0n, 1n]], { done: 2n, of: 2n }]);
    reader.allow([{ partition: 0, nextOffset: 6n }]);
    expect(await applied).toBe('applied');
    expect(written).toEqual([
      [0n, 1n],
      [2n, 3n, 4n, 5n],
    ]);
  });

  it('gives up what waits when it is stopped', async () => {
    const { reader, written } = readerOver();
    reader.allow([{ partition: 0, nextOffset: 0n }]);
    const fence = await reader.fence(0);
    const applied = reader.apply({ fence, records: RECORDS, caughtUpAt: undefined });
    reader.stop();
    expect([await applied, written]).toEqual(['fenced', []]);
  });

  it('gives up after ten failures in a row, and says why', async () => {
    const { reader } = readerOver(() => true);
    reader.allow([{ partition: 0, nextOffset: 6n }]);
    for (let n = 0; n < 10; n++) {
      expect(() => reader.progress()).not.toThrow();
      const fence = await reader.fence(0);
      await expect(
        reader.apply({ fence, records: RECORDS, caughtUpAt: undefined }),
      ).rejects.toThrow();
    }
    expect(() => reader.progress()).toThrow('the disk is full');
  });
});

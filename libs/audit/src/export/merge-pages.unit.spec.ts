import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { mergePages, type Ordered } from './merge-pages';

type Row = Ordered & { readonly n: number };

/** Pages of so many rows, and how many of them were given out. */
function sourceOf(rows: readonly Row[], size: number, given: { rows: number }) {
  let at = 0;
  return () => {
    const page = rows.slice(at, at + size);
    at += size;
    given.rows += page.length;
    return Promise.resolve(page);
  };
}

describe('rows of many sources', () => {
  // Hypothesis: some lengths of sources lose a row, or break the order.
  it('come in one order, each once, and each source in its own', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 });
    const merged = async (steps: number[][], size: number) => {
      const sources = steps.map((all, partition) => {
        let known = 0n;
        return all.map((step, n) => ({ partition, n, knownAt: (known += BigInt(step) + 1n) }));
      });
      const given = { rows: 0 };
      const seen: Row[] = [];
      await mergePages(
        sources.map((rows) => sourceOf(rows, size, given)),
        size,
        (rows) => Promise.resolve(void seen.push(...rows)),
      );
      const inOrder = sources
        .flat()
        .sort((a, b) => Number(a.knownAt - b.knownAt) || a.partition - b.partition);
      expect(seen).toEqual(inOrder);
    };
    const property = fc.asyncProperty(
      fc.array(times, { maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      merged,
    );
    await fc.assert(property, propertyOptions(200));
  });

  it('are never held but for a page of each, and those that are on their way', async () => {
    const [sources, size, each] = [5, 10, 20_000];
    const given = { rows: 0 };
    let taken = 0;
    let most = 0;
    const rowsOf = (partition: number) =>
      Array.from({ length: each }, (_, n) => ({ partition, n, knownAt: BigInt(n) }));
    await mergePages(
      Array.from({ length: sources }, (_, partition) => sourceOf(rowsOf(partition), size, given)),
      size,
      async (rows) => {
        expect(rows.length).toBeLessThanOrEqual(size);
        most = Math.max(most, given.rows - taken);
        // A taker that is slow: nothing is fetched meanwhile.
        const before = given.rows;
        await new Promise(setImmediate);
        expect(given.rows).toBe(before);
        taken += rows.length;
      },
    );
    expect(taken).toBe(sources * each);
    expect(most).toBeLessThanOrEqual((sources + 1) * size);
  });
});

import type { LogRecord } from '#libs/wire';
import { discontinuity } from './continuity';

const records = (...offsets: bigint[]): LogRecord[] =>
  offsets.map((offset) => ({ partition: 4, offset, headers: {}, value: Buffer.alloc(0) }));

describe('the continuity of a partition', () => {
  it.each([
    ['what follows', 3n, records(3n, 4n), 7n],
    ['nothing new', 3n, records(), 3n],
    ['an empty log', 0n, records(), 0n],
  ])('accepts %s', (_, nextOffset, given, endOffset) => {
    expect(discontinuity(4, nextOffset, given, endOffset)).toBeUndefined();
  });

  it.each([
    ['a gap before the records', 3n, records(4n), 5n, /offset 4 where 3 should follow/],
    ['a gap among them', 3n, records(3n, 5n), 6n, /offset 5 where 4 should follow/],
    ['one that comes twice', 3n, records(3n, 3n), 5n, /offset 3 where 4 should follow/],
    ['an end without records', 3n, records(), 5n, /ends at offset 5, but has no record at 3/],
    ['an end before what was read', 3n, records(), 2n, /ends at offset 2, but .* up to 3/],
  ])('refuses %s', (_, nextOffset, given, endOffset, sentence) => {
    expect(discontinuity(4, nextOffset, given, endOffset)).toMatch(sentence);
    expect(discontinuity(4, nextOffset, given, endOffset)).toMatch(/^Partition 4 of the log/);
  });
});

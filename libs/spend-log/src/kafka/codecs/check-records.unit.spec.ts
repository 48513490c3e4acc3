import fc from 'fast-check';
import { encodeRecords, propertyOptions } from '#libs/testing';
import { checkRecords } from './check-records';

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.dictionary(fc.string(), bytes),
});

it('finds no fault in records as they are written', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 20 }), (records) => {
      checkRecords(encodeRecords(records), headerFor(records.length));
    }),
    propertyOptions(),
  );
});

// Numbers are zigzag: 2 is 1, 1 is -1. In order: length, attributes, timestamp, offset, key, value, headers.
it.each([
  ['has a negative length', [1]],
  ['has more bytes than its fields', [14, 0, 0, 0, 1, 1, 0, 0]],
  ['has fewer bytes than its fields', [10, 0, 0, 0, 1, 1, 0]],
  ['has a key of a negative length', [12, 0, 0, 0, 3, 1, 0]],
  ['has a value of a negative length', [8, 0, 0, 0, 0, 3]],
  ['has a value that ends outside', [12, 0, 0, 0, 1, 4, 0]],
  ['has fewer than no headers', [12, 0, 0, 0, 1, 1, 1]],
  ['has fewer headers than it says', [12, 0, 0, 0, 1, 1, 2]],
  ['has a header without a name', [16, 0, 0, 0, 1, 1, 2, 1, 1]],
  ['has a header that ends outside', [20, 0, 0, 0, 1, 1, 2, 0, 4, 97]],
  ['has a number that does not end', [22, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 1, 0]],
  ['has a time that does not end', [32, 0, ...Array<number>(10).fill(0x80), 0, 0, 1, 1, 0]],
])('finds a record that %s', (_, malformed) => {
  expect(() => checkRecords(Buffer.from(malformed), headerFor(1))).toThrow(
    'record 0 does not have the form of a record',
  );
});

it('finds bytes after the records', () => {
  const one = [12, 0, 0, 0, 1, 1, 0];
  expect(() => checkRecords(Buffer.from([...one, 0]), headerFor(1))).toThrow(
    'there are bytes after its 1 records',
  );
});

it('finds offsets that go back, stand still or leave the batch', () => {
  const two = (first: number, second: number) =>
    Buffer.from([first, second].flatMap((delta) => [12, 0, 0, 2 * delta, 1, 1, 0]));
  checkRecords(two(0, 1), headerFor(2));
  for (const wrong of [two(1, 0), two(0, 0), two(0, 2)]) {
    expect(() => checkRecords(wrong, headerFor(2))).toThrow('record 1 has the offset of another');
  }
});

function headerFor(count: number) {
  return { count, lastOffsetDelta: count - 1, checksum: 'right' } as const;
}

import fc from 'fast-check';
import { propertyOptions } from '#libs/testing';
import { formatPosition, includesPosition, parsePosition } from './position';

const read = (text: unknown) => {
  const position = parsePosition(text, 'minPosition');
  return position.ok ? Object.fromEntries(position.value) : position.errors;
};
const positions = fc
  .uniqueArray(fc.tuple(fc.nat(99_999), fc.bigInt(0n, 2n ** 63n - 1n)), {
    minLength: 1,
    maxLength: 12,
    selector: ([partition]) => partition,
  })
  .map((entries) => new Map(entries));

describe('a position', () => {
  it.each([
    ['0:0', { 0: 0n }],
    ['3:42', { 3: 42n }],
    ['3:42,0:7', { 0: 7n, 3: 42n }],
    ['11:9223372036854775807', { 11: 9_223_372_036_854_775_807n }],
    ['3:42,3:41', { 3: 42n }],
    ['3:41,0:1,3:42,3:5', { 0: 1n, 3: 42n }],
    ['3:9,3:10', { 3: 10n }],
  ])('%s is read, a partition that stands twice with its higher offset', (text, entries) => {
    expect(read(text)).toEqual(entries);
  });

  it.each([
    '',
    ',',
    '3:42,',
    ',3:42',
    '3:42,,0:7',
    '3',
    '3:',
    ':42',
    '3:42:1',
    '-1:0',
    '3:-1',
    '+3:1',
    '03:42',
    '3:042',
    '3:1.5',
    '3:1e3',
    '3: 42',
    ' 3:42',
    '3:42\n',
    '3;42',
    '100000:0',
    '3:10000000000000000000',
    '٣:1',
    'latest',
    undefined,
    null,
    7,
    ['3:42'],
  ])('%j is none', (value) => {
    expect(read(value)).toMatchObject([{ field: 'minPosition', rule: 'position' }]);
  });

  it('has a limit to its entries', () => {
    const entries = Array.from({ length: 65_537 }, () => '1:1');
    expect(read(entries.slice(1).join(','))).toEqual({ 1: 1n });
    expect(read(entries.join(','))).toMatchObject([{ rule: 'position' }]);
  });

  it('is the same after it was printed and read again', () => {
    fc.assert(
      fc.property(positions, (position) => {
        expect(parsePosition(formatPosition(position), 'minPosition')).toEqual({
          ok: true,
          value: position,
        });
      }),
      propertyOptions(),
    );
  });

  it('joined with another includes both, and no more than both', () => {
    fc.assert(
      fc.property(positions, positions, positions, (a, b, reached) => {
        const joined = parsePosition(`${formatPosition(a)},${formatPosition(b)}`, 'minPosition');
        if (!joined.ok) throw new Error('two positions joined are one');
        expect(includesPosition(joined.value, a)).toBe(true);
        expect(includesPosition(joined.value, b)).toBe(true);
        expect(includesPosition(reached, joined.value)).toBe(
          includesPosition(reached, a) && includesPosition(reached, b),
        );
      }),
      propertyOptions(),
    );
  });
});

describe('what has been reached', () => {
  const reached = new Map([
    [0, 5n],
    [3, 42n],
  ]);

  it.each([
    ['0:5', true],
    ['0:4,3:42', true],
    ['0:6', false],
    ['0:5,3:43', false],
    ['7:0', true],
    ['7:1', false],
  ])('includes %s: %p', (text, includes) => {
    const least = parsePosition(text, 'minPosition');
    expect(least.ok && includesPosition(reached, least.value)).toBe(includes);
  });
});

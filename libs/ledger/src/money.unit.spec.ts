import fc from 'fast-check';
import { amounts, propertyOptions } from '#libs/testing';
import { formatMoney, parseAmount, picoOfDecimal, printDecimal } from './money';

const LARGEST = 10n ** 27n - 1n;

describe('an amount', () => {
  it.each([
    ['0', 0n],
    ['0.0', 0n],
    ['5', 5_000_000_000_000n],
    ['5.00', 5_000_000_000_000n],
    ['400.00', 400_000_000_000_000n],
    ['0.000000000001', 1n],
    ['0.100000000000', 100_000_000_000n],
    ['999999999999999.999999999999', LARGEST],
  ])('%s is read to the last digit', (text, pico) => {
    expect(parseAmount(text, 'amount')).toEqual({ ok: true, value: pico });
  });

  it.each([
    '-1',
    '-0',
    '+1',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e3',
    '1E3',
    '0x10',
    '0b1',
    '1_000',
    '1,000',
    '1,5',
    '',
    '.',
    '.5',
    '5.',
    '1.2.3',
    '00',
    '01',
    '00.5',
    ' 1',
    '1 ',
    '1\n',
    '\u00a01',
    '1 000',
    '$1',
    '١',
    '１',
    '1n',
    '0.0000000000001',
    '0.1000000000000',
    '1000000000000000',
    '9'.repeat(10_000),
  ])('is refused when it is written %j', (text) => {
    expect(parseAmount(text, 'data.amount')).toMatchObject({
      ok: false,
      errors: [{ field: 'data.amount', rule: 'decimal' }],
    });
  });

  it.each([[1], [1.5], [0], [NaN], [1n], [true], [null], [['1']], [{ value: '1' }]])(
    'is refused when it is no string: %p',
    (value) => {
      expect(parseAmount(value, 'limit')).toMatchObject({
        ok: false,
        errors: [{ field: 'limit', rule: 'decimal_string' }],
      });
    },
  );

  it('is missed when it is not there', () => {
    expect(parseAmount(undefined, 'amount')).toMatchObject({
      ok: false,
      errors: [{ field: 'amount', rule: 'required' }],
    });
  });

  it('is the same after it was printed and read again', () => {
    fc.assert(
      fc.property(amounts, (pico) => {
        expect(parseAmount(formatMoney(pico), 'amount')).toEqual({ ok: true, value: pico });
      }),
      propertyOptions(500),
    );
  });
});

describe('a printed amount', () => {
  it.each([
    [0n, '0.00'],
    [1n, '0.000000000001'],
    [10n, '0.00000000001'],
    [10_000_000_000n, '0.01'],
    [100_000_000_000n, '0.10'],
    [120_000_000_000n, '0.12'],
    [123_000_000_000n, '0.123'],
    [5_000_000_000_000n, '5.00'],
    [411_920_000_000_000n, '411.92'],
    [LARGEST, '999999999999999.999999999999'],
    [-1n, '-0.000000000001'],
    [-1_500_000_000_000n, '-1.50'],
  ])('of %p units is %s', (pico, text) => {
    expect(formatMoney(pico)).toBe(text);
  });

  it('has two fraction digits at least, and no needless zero after them', () => {
    fc.assert(
      fc.property(fc.bigInt(), (pico) => {
        expect(formatMoney(pico)).toMatch(/^-?(0|[1-9]\d*)\.(\d\d|\d{2,11}[1-9])$/);
      }),
      propertyOptions(500),
    );
  });
});

describe('a sum out of the database', () => {
  it.each([
    ['0', 0n],
    ['-0', 0n],
    ['-0.5', -500_000_000_000n],
    ['123456789012345678901234567890.5', 123456789012345678901234567890_500_000_000_000n],
    ['-123456789012345678901234567890', -123456789012345678901234567890_000_000_000_000n],
    ['1.50000000000000000000', 1_500_000_000_000n],
  ])('%s keeps its length and its sign', (decimal, pico) => {
    expect(picoOfDecimal(decimal)).toBe(pico);
  });

  it('is exact whatever its length', () => {
    fc.assert(
      fc.property(fc.bigInt(), (pico) => {
        expect(picoOfDecimal(formatMoney(pico))).toBe(pico);
      }),
      propertyOptions(500),
    );
  });

  it('is printed as what it is', () => {
    const zeros = fc.stringMatching(/^0{0,3}$/);
    const decimals = fc
      .tuple(fc.bigInt(), zeros)
      .map(([pico, more]) => ({ pico, decimal: formatMoney(pico) + more }));
    const printed = fc.property(decimals, ({ pico, decimal }) => {
      expect(printDecimal(decimal)).toBe(formatMoney(pico));
    });
    fc.assert(printed, propertyOptions(500));
  });

  it.each([
    ['0', '0.00'],
    ['5', '5.00'],
    ['5.0', '5.00'],
    ['5.000', '5.00'],
    ['5.120', '5.12'],
    ['0.1', '0.10'],
    ['0.0000750', '0.000075'],
    ['00.50', '0.50'],
    ['-1.5', '-1.50'],
    ['-0.00', '0.00'],
  ])('%s is printed as %s', (decimal, printed) => {
    expect(printDecimal(decimal)).toBe(printed);
  });

  it('adds up like the units it stands for', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt()), (picos) => {
        const sum = picos.reduce((a, b) => a + b, 0n);
        const read = picos.map((pico) => picoOfDecimal(formatMoney(pico)));
        expect(formatMoney(read.reduce((a, b) => a + b, 0n))).toBe(formatMoney(sum));
      }),
      propertyOptions(),
    );
  });

  it('is never rounded: finer digits are a bug', () => {
    expect(() => picoOfDecimal('0.0000000000001')).toThrow(RangeError);
    expect(() => picoOfDecimal('1.0000000000009')).toThrow(RangeError);
    expect(() => printDecimal('1.0000000000009')).toThrow(RangeError);
  });

  it.each(['1e5', 'NaN', '1.x'])('%s is none', (text) => {
    expect(() => picoOfDecimal(text)).toThrow();
  });
});

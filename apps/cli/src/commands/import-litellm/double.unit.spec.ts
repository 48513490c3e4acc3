import fc from 'fast-check';
import { formatMoney } from '#libs/ledger';
import { propertyOptions } from '#libs/testing';
import { readDouble, roundToPico, RoundingSum } from './double';

describe('a double of LiteLLM', () => {
  it.each([
    ['0.30000000000000004', '0.30'],
    ['2.5e-12', '0.000000000003'],
    ['1e-13', '0.00'],
    ['5e-13', '0.000000000001'],
    ['4.999999999999999e-13', '0.00'],
    ['123.45678901234567', '123.456789012346'],
    ['2.0666666566199997e-05', '0.000020666667'],
    ['1e+20', '100000000000000000000.00'],
    ['5e-324', '0.00'],
    ['-0', '0.00'],
    ['-2.5e-12', '-0.000000000003'],
  ])('%s is %s', (double, money) => {
    expect(formatMoney(roundToPico(readDouble(double)!))).toBe(money);
  });

  it.each(['NaN', 'Infinity', '-Infinity', '', '1.2.3', '0x10'])('%s is no amount', (text) => {
    expect(readDouble(text)).toBeUndefined();
  });

  it('is read to the last digit, whatever its exponent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
        const { units, scale } = readDouble(String(double))!;
        expect(Number(`${units}e-${scale}`) === double).toBe(true);
      }),
      propertyOptions(1000),
    );
  });

  it('is rounded by less than half a unit, and all that rounding left out is told', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })), (doubles) => {
        const sum = new RoundingSum();
        const scale = 400n;
        let left = 0n;
        for (const double of doubles) {
          const exact = readDouble(String(double))!;
          const pico = roundToPico(exact);
          const part =
            exact.units * 10n ** (scale - BigInt(exact.scale)) - pico * 10n ** (scale - 12n);
          expect(2n * (part < 0n ? -part : part) <= 10n ** (scale - 12n)).toBe(true);
          left += part;
          sum.add(exact, pico);
        }
        const [units, exponent] = sum.print().split('e-');
        expect(BigInt(units!) * 10n ** (scale - BigInt(exponent!))).toBe(left);
      }),
      propertyOptions(200),
    );
  });
});

import { missing, parsed, refused, type Parsed } from './result';

const PICO_DIGITS = 12;
const PICO_PER_UNIT = 10n ** BigInt(PICO_DIGITS);
/** The largest amount. */
export const MOST_MONEY_PICO = 10n ** 27n - 1n;
const AMOUNT = /^(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?$/;
const PRINTED = /^(?:0|[1-9]\d*)\.(?:\d\d|\d{2,11}[1-9])$/;

/**
 * Reads an amount a caller sent (docs/api.md, Words and forms).
 * @returns 10^-12 units, 0 <= amount < 10^15 units
 */
export function parseAmount(value: unknown, field: string): Parsed<bigint> {
  if (value === undefined) return missing(field);
  if (typeof value !== 'string') {
    return refused(field, 'decimal_string', 'must be a decimal string such as "12.50"');
  }
  if (!AMOUNT.test(value)) {
    return refused(
      field,
      'decimal',
      'must be a decimal of at most 15 digits before and 12 after the point, without sign or exponent, such as "0.000075"; round a float to 12 digits after the point',
    );
  }
  return parsed(picoOfDecimal(value));
}

/** Reads an exact decimal of ours, a sum out of the database for example: any length, either sign. */
export function picoOfDecimal(decimal: string): bigint {
  const negative = decimal.startsWith('-');
  const digits = negative ? decimal.slice(1) : decimal;
  const point = digits.indexOf('.');
  if (point < 0) return signed(negative, BigInt(digits) * PICO_PER_UNIT);
  const fraction = digits.slice(point + 1);
  if (fraction.length > PICO_DIGITS && /[1-9]/.test(fraction.slice(PICO_DIGITS))) {
    throw new RangeError('money is finer than 10^-12');
  }
  return signed(
    negative,
    BigInt(digits.slice(0, point)) * PICO_PER_UNIT +
      BigInt(fraction.slice(0, PICO_DIGITS).padEnd(PICO_DIGITS, '0')),
  );
}

/** Prints money as callers see it: at least two fraction digits, no needless zeros after them. */
export function formatMoney(amountPico: bigint): string {
  const negative = amountPico < 0n;
  const digits = (negative ? -amountPico : amountPico).toString().padStart(PICO_DIGITS + 1, '0');
  const whole = digits.slice(0, -PICO_DIGITS);
  let end = digits.length;
  const leastEnd = digits.length - PICO_DIGITS + 2;
  while (end > leastEnd && digits[end - 1] === '0') end--;
  return `${negative ? '-' : ''}${whole}.${digits.slice(-PICO_DIGITS, end === digits.length ? undefined : end)}`;
}

/** Prints an exact decimal of ours as `formatMoney` does: most are stored so. */
export function printDecimal(decimal: string): string {
  return PRINTED.test(decimal) ? decimal : formatMoney(picoOfDecimal(decimal));
}

function signed(negative: boolean, amountPico: bigint): bigint {
  return negative ? -amountPico : amountPico;
}

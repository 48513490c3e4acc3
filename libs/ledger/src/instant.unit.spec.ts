import fc from 'fast-check';
import { instants, propertyOptions } from '#libs/testing';
import { formatInstant, instantOf, instantOfMillis, millisBetween, parseInstant } from './instant';

const printed = (text: unknown) => {
  const instant = parseInstant(text, 'time');
  return instant.ok ? formatInstant(instant.value) : instant.errors[0]!.rule;
};

describe('a time', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:00.000001Z', 1n],
    ['1969-12-31T23:59:59.999999Z', -1n],
    ['2026-04-27T10:00:00Z', 1_777_284_000_000_000n],
    ['2026-04-27T10:00:00.000001Z', 1_777_284_000_000_001n],
  ])('%s is read as microseconds since 1970', (text, micros) => {
    expect(parseInstant(text, 'time')).toEqual({ ok: true, value: micros });
  });

  it.each([
    ['2026-04-27T12:00:00+02:00', '2026-04-27T10:00:00Z'],
    ['2026-04-27T00:30:00-09:30', '2026-04-27T10:00:00Z'],
    ['2026-01-01T00:00:00+14:00', '2025-12-31T10:00:00Z'],
    ['2026-04-27T10:00:00+00:00', '2026-04-27T10:00:00Z'],
    ['2026-04-27T10:00:00-00:00', '2026-04-27T10:00:00Z'],
    ['2026-04-27T10:00:00+23:59', '2026-04-26T10:01:00Z'],
    ['2026-04-27t10:00:00z', '2026-04-27T10:00:00Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
    ['2026-04-27T10:00:00.000000Z', '2026-04-27T10:00:00Z'],
    ['2026-04-27T10:00:00.100Z', '2026-04-27T10:00:00.1Z'],
    ['2026-04-27T10:00:00.000010Z', '2026-04-27T10:00:00.00001Z'],
    ['1969-07-20T20:17:40.5Z', '1969-07-20T20:17:40.5Z'],
    ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00Z'],
  ])('%s is printed as %s', (text, canonical) => {
    expect(printed(text)).toBe(canonical);
  });

  it.each([
    ['2026-04-27T10:00:00.1234567Z', '2026-04-27T10:00:00.123456Z'],
    ['2026-04-27T10:00:00.9999999999Z', '2026-04-27T10:00:00.999999Z'],
    ['2026-04-27T10:00:00.0000009Z', '2026-04-27T10:00:00Z'],
    ['1969-12-31T23:59:59.9999999Z', '1969-12-31T23:59:59.999999Z'],
    [`2026-04-27T10:00:00.${'9'.repeat(64)}Z`, '2026-04-27T10:00:00.999999Z'],
  ])('%s loses what is below a microsecond, and is never rounded up', (text, canonical) => {
    expect(printed(text)).toBe(canonical);
  });

  it.each([
    '2026-04-27T10:00:00',
    '2026-04-27T10:00:00.5',
    '2026-04-27T10:00:00+24:00',
    '2026-04-27T10:00:00+01:60',
  ])('%s does not say its offset', (text) => {
    expect(printed(text)).toBe('offset');
  });

  it.each([
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:61Z',
  ])('%s does not exist', (text) => {
    expect(printed(text)).toBe('rfc3339');
  });

  it('cannot be a leap second, which no clock of the ledger can tell', () => {
    expect(printed('2016-12-31T23:59:60Z')).toBe('rfc3339');
  });

  it.each([
    '',
    'now',
    '2026-04-27',
    '2026-04-27 10:00:00Z',
    '2026-04-27T10:00Z',
    '2026-04-27T10:00:00.Z',
    '2026-04-27T10:00:00,5Z',
    '2026-4-27T10:00:00Z',
    '2026-04-27T10:00:00 Z',
    '2026-04-27T10:00:00+0200',
    '2026-04-27T10:00:00+02',
    '2026-04-27T10:00:00CEST',
    '20260427T100000Z',
    '2026-W18-1T10:00:00Z',
    '+002026-04-27T10:00:00Z',
    '12026-04-27T10:00:00Z',
    ' 2026-04-27T10:00:00Z',
    '2026-04-27T10:00:00Z\n',
    '２０２６-04-27T10:00:00Z',
    1_777_284_000,
    1_777_284_000_000n,
    new Date(0),
    null,
    ['2026-04-27T10:00:00Z'],
  ])('%p is none', (value) => {
    expect(printed(value)).toBe('rfc3339');
  });

  it('is missed when it is not there', () => {
    expect(parseInstant(undefined, 'data.time')).toMatchObject({
      ok: false,
      errors: [{ field: 'data.time', rule: 'required' }],
    });
  });
});

describe('the range of times', () => {
  it.each([
    '0001-01-01T00:00:00Z',
    '0000-12-31T23:30:00-01:00',
    '9999-12-31T23:59:59.999999Z',
    '9999-12-31T23:59:59.9999999Z',
  ])('holds %s', (text) => {
    expect(parseInstant(text, 'time').ok).toBe(true);
  });

  it.each([
    '0000-12-31T23:59:59.999999Z',
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
  ])('ends before %s', (text) => {
    expect(printed(text)).toBe('range');
  });
});

describe('a printed time', () => {
  it('is read back as the same microsecond', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(instantOf(formatInstant(instant))).toBe(instant);
      }),
      propertyOptions(500),
    );
  });

  it('has one form: UTC, no needless zeros', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(formatInstant(instant)).toMatch(
          /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z$/,
        );
      }),
      propertyOptions(),
    );
  });

  it('says the same as the calendar of the engine', () => {
    const min = new Date('0001-01-01T00:00:00.000Z');
    const max = new Date('9999-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        const instant = instantOfMillis(date.getTime());
        expect(instantOf(date.toISOString())).toBe(instant);
        expect(new Date(formatInstant(instant))).toEqual(date);
      }),
      propertyOptions(),
    );
  });

  it('does not depend on the offset it was written with', () => {
    const offsets = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(instants, offsets, (instant, minutes) => {
        const wall = instant + BigInt(minutes) * 60_000_000n;
        fc.pre(wall >= instantOf('0001-01-01T00:00:00Z'));
        fc.pre(wall <= instantOf('9999-12-31T23:59:59.999999Z'));
        const two = (number: number) => String(number).padStart(2, '0');
        const size = Math.abs(minutes);
        const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
        expect(instantOf(formatInstant(wall).replace('Z', offset))).toBe(instant);
      }),
      propertyOptions(500),
    );
  });
});

describe('milliseconds between two instants', () => {
  it('are whole, and never below zero', () => {
    expect(millisBetween(0n, 1_999n)).toBe(1);
    expect(millisBetween(1_999n, 0n)).toBe(0);
    expect(millisBetween(-1_000n, 1_000n)).toBe(2);
  });
});

it('refuses to read what the ledger did not write', () => {
  expect(() => instantOf('yesterday')).toThrow(RangeError);
});

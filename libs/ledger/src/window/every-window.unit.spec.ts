import fc from 'fast-check';
import { instants, propertyOptions } from '#libs/testing';
import { formatInstant, instantOf } from '../instant';
import { printWindow } from './print-window';
import { windowOf, windowsFrom } from './window-of';
import type { EveryRule } from './window-rule';

const every = (duration: string, anchor: string): EveryRule => ({
  type: 'every',
  duration,
  anchor: instantOf(anchor),
});
const startsFrom = (rule: EveryRule, at: string, count: number) =>
  windowsFrom(rule, instantOf(at), count).map(({ start }) => formatInstant(start!).slice(0, 16));

describe('a window of every so long', () => {
  it.each([
    ['P1M', '2026-01-31T00:00:00Z', ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']],
    ['P3M', '2025-11-30T00:00:00Z', ['2025-11-30', '2026-02-28', '2026-05-30', '2026-08-30']],
    ['P1Y', '2024-02-29T00:00:00Z', ['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28']],
    ['P4Y', '2024-02-29T00:00:00Z', ['2024-02-29', '2028-02-29', '2032-02-29', '2036-02-29']],
    ['P1M15D', '2026-01-31T00:00:00Z', ['2026-01-31', '2026-03-15', '2026-04-30', '2026-06-14']],
    ['P30D', '2026-04-01T00:00:00Z', ['2026-04-01', '2026-05-01', '2026-05-31', '2026-06-30']],
    ['P2W', '2026-03-27T00:00:00+00:00', ['2026-03-27', '2026-04-10', '2026-04-24', '2026-05-08']],
  ])('begins %s after %s, each reckoned from the anchor', (duration, anchor, days) => {
    const starts = startsFrom(every(duration, anchor), anchor, days.length);
    expect(starts).toEqual(days.map((day) => `${day}T00:00`));
  });

  it.each([
    ['PT1M', ['09:59', '10:00', '10:01']],
    ['PT90S', ['09:58:30', '10:00', '10:01:30']],
    ['PT1H30M', ['08:30', '10:00', '11:30']],
    ['PT61M', ['08:59', '10:00', '11:01']],
  ])('may be short: %s', (duration, times) => {
    const rule = every(duration, '2026-04-27T10:00:00Z');
    const found = windowsFrom(rule, rule.anchor - 1n, times.length);
    expect(found.map(({ start }) => formatInstant(start!).slice(11, -1))).toEqual(
      times.map((time) => time.padEnd(8, ':00')),
    );
  });

  it('is the same in summer and in winter, for it is counted in UTC', () => {
    const rule = every('P1D', '2026-03-28T23:00:00+01:00');
    expect(startsFrom(rule, '2026-03-28T22:00:00Z', 3)).toEqual([
      '2026-03-28T22:00',
      '2026-03-29T22:00',
      '2026-03-30T22:00',
    ]);
  });

  it('goes back before its anchor too', () => {
    const rule = every('P1M', '2026-01-31T12:30:00Z');
    expect(startsFrom(rule, '2025-10-31T12:29:59.999999Z', 4)).toEqual([
      '2025-09-30T12:30',
      '2025-10-31T12:30',
      '2025-11-30T12:30',
      '2025-12-31T12:30',
    ]);
    const long = every('P1M', '9000-12-31T00:00:00Z');
    expect(startsFrom(long, '0004-02-29T00:00:00Z', 2)).toEqual([
      '0004-02-29T00:00',
      '0004-03-31T00:00',
    ]);
  });

  it('is cut where the instants end', () => {
    const rule = every('P999999999Y', '2026-04-01T00:00:00Z');
    expect(printWindow(windowOf(rule, rule.anchor - 1n))).toEqual({
      start: null,
      end: '2026-04-01T00:00:00Z',
    });
    expect(printWindow(windowOf(rule, rule.anchor))).toEqual({
      start: '2026-04-01T00:00:00Z',
      end: null,
    });
  });

  it('never drifts: the n-th from the anchor is n months after it, clamped once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: -900, max: 900 }),
        instants.filter((at) => at > instantOf('0101-01-01T00:00:00Z')),
        (months, n, time) => {
          const anchor = time - (((time % 60_000_000n) + 60_000_000n) % 60_000_000n);
          const wanted = new Date(Number(anchor / 1000n));
          const day = wanted.getUTCDate();
          wanted.setUTCMonth(wanted.getUTCMonth() + n * months, 1);
          const last = new Date(wanted);
          last.setUTCMonth(last.getUTCMonth() + 1, 0);
          wanted.setUTCDate(Math.min(day, last.getUTCDate()));
          const start = BigInt(wanted.getTime()) * 1000n;
          fc.pre(wanted.getUTCFullYear() >= 1 && wanted.getUTCFullYear() <= 9999);
          const rule: EveryRule = { type: 'every', duration: `P${months}M`, anchor };
          expect(windowOf(rule, start).start).toBe(start);
        },
      ),
      propertyOptions(300),
    );
  });
});

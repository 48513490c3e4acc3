import { formatInstant, instantOf } from '../instant';
import { monthAt, monthsBetween, parseMonth, parseNamedWindow } from './month';
import { printWindow } from './print-window';

describe('months', () => {
  it.each([
    ['2026-04', 'UTC', '2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z'],
    ['2026-03', 'Europe/Berlin', '2026-02-28T23:00:00Z', '2026-03-31T22:00:00Z'],
    ['2026-04', 'Pacific/Kiritimati', '2026-03-31T10:00:00Z', '2026-04-30T10:00:00Z'],
    ['2026-04', 'Etc/GMT+12', '2026-04-01T12:00:00Z', '2026-05-01T12:00:00Z'],
    ['0001-01', 'UTC', '0001-01-01T00:00:00Z', '0001-02-01T00:00:00Z'],
    ['9999-12', 'UTC', '9999-12-01T00:00:00Z', null],
  ])('%s in %s', (name, zone, start, end) => {
    const month = parseMonth(name, zone, 'month');
    expect(month).toMatchObject({ ok: true, value: { name, zone } });
    if (month.ok) expect(printWindow(month.value.window)).toEqual({ start, end });
  });

  it.each([
    '2026',
    '2026-13',
    '2026-00',
    '0000-01',
    '26-04',
    '2026-4',
    ' 2026-04',
    '',
    undefined,
    4,
  ])('takes no %j for a month', (name) => {
    expect(parseMonth(name, 'UTC', 'month')).toMatchObject({
      errors: [{ field: 'month', message: 'must be a month such as 2026-04' }],
    });
  });

  it.each(['Berlin', '+02:00', '', undefined])('knows no zone %j', (zone) => {
    expect(parseMonth('2026-04', zone, 'month').ok).toBe(false);
    expect(monthAt(0n, zone).ok).toBe(false);
  });

  it('are those that hold an instant', () => {
    const last = instantOf('2026-03-31T21:59:59.999999Z');
    expect(monthAt(last, 'Europe/Berlin')).toMatchObject({ value: { name: '2026-03' } });
    expect(monthAt(last + 1n, 'Europe/Berlin')).toMatchObject({ value: { name: '2026-04' } });
  });

  it('follow each other without a gap', () => {
    const since = instantOf('2024-11-30T23:30:00Z');
    const until = instantOf('2026-03-31T22:00:00Z');
    const months = monthsBetween(since, until, 'Europe/Berlin');
    expect(months.map(({ name }) => name)).toEqual([
      ...['2024-12', '2025-01', '2025-02', '2025-03', '2025-04', '2025-05', '2025-06', '2025-07'],
      ...['2025-08', '2025-09', '2025-10', '2025-11', '2025-12', '2026-01', '2026-02', '2026-03'],
    ]);
    for (const [n, { window }] of months.slice(1).entries()) {
      expect(window.start).toBe(months[n]!.window.end);
    }
    expect(formatInstant(months.at(-1)!.window.end!)).toBe('2026-03-31T22:00:00Z');
  });

  it('are named windows, as years are', () => {
    expect(parseNamedWindow('2026', 'Europe/Berlin', 'window')).toEqual({
      ok: true,
      value: { start: instantOf('2025-12-31T23:00:00Z'), end: instantOf('2026-12-31T23:00:00Z') },
    });
    expect(parseNamedWindow('2026-04', 'UTC', 'window')).toMatchObject({
      value: { end: instantOf('2026-05-01T00:00:00Z') },
    });
    expect(parseNamedWindow('2026-Q2', 'UTC', 'window').ok).toBe(false);
  });
});

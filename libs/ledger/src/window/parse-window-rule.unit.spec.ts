import fc from 'fast-check';
import { propertyOptions, windowRules } from '#libs/testing';
import { instantOf } from '../instant';
import { parseWindowRule } from './parse-window-rule';
import { printWindowRule } from './print-window';

const ANCHOR = '2026-04-01T00:00:00Z';
const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };
const EVERY = { type: 'every', duration: 'P30D', anchor: ANCHOR };
const month = (more: object) => ({ ...MONTH, ...more });
const every = (more: object) => ({ ...EVERY, ...more });
type Faulty = [value: unknown, faults: string];
const faultsOf = (value: unknown) => {
  const rule = parseWindowRule(value, 'window');
  return rule.ok ? 'accepted' : rule.errors.map(({ field, rule }) => `${field} ${rule}`).join();
};

describe('a window rule', () => {
  it('is the same after it was printed and read again', () => {
    fc.assert(
      fc.property(windowRules, (rule) => {
        const read = parseWindowRule(JSON.parse(JSON.stringify(printWindowRule(rule))), 'window');
        expect(read).toEqual({ ok: true, value: rule });
      }),
      propertyOptions(300),
    );
  });

  it.each([
    ['day', { startHour: 0 }],
    ['week', { startDay: 1, startHour: 0 }],
    ['month', { startDay: 1, startHour: 0 }],
    ['quarter', { startMonth: 1, startDay: 1, startHour: 0 }],
    ['year', { startMonth: 1, startDay: 1, startHour: 0 }],
  ])('of a %s has its defaults filled in', (unit, defaults) => {
    const given = { type: 'calendar', unit, zone: 'Europe/Berlin' };
    const value = { ...given, ...defaults };
    expect(parseWindowRule(given, 'window')).toEqual({ ok: true, value });
    expect(parseWindowRule({ ...given, startHour: -0 }, 'window')).toEqual({ ok: true, value });
  });

  it('reads its anchor whatever the offset it is written with', () => {
    const value = { type: 'every', duration: 'PT60S', anchor: instantOf(ANCHOR) };
    const given = { ...value, anchor: '2026-04-01T05:45:00.0000009+05:45' };
    expect(parseWindowRule(given, 'window')).toEqual({ ok: true, value });
  });

  it.each([
    ['europe/berlin', 'Europe/Berlin'],
    ['AMERICA/PORT-AU-PRINCE', 'America/Port-au-Prince'],
    ['america/port_of_spain', 'America/Port_of_Spain'],
    ['antarctica/dumontdurville', 'Antarctica/DumontDUrville'],
    ['etc/gmt+5', 'Etc/GMT+5'],
    ['utc', 'UTC'],
    // An alias stays what it is.
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['us/eastern', 'US/Eastern'],
    ['Europe/Kyiv', 'Europe/Kyiv'],
  ])('takes the zone %s for %s', (zone, name) => {
    expect(parseWindowRule(month({ zone }), 'window')).toMatchObject({ value: { zone: name } });
  });

  it.each<Faulty>([
    [month({ unit: undefined }), 'window.unit required'],
    [month({ unit: 'hour' }), 'window.unit one_of'],
    [month({ unit: 'Month' }), 'window.unit one_of'],
    [month({ unit: 'constructor' }), 'window.unit one_of'],
    [month({ unit: ['month'] }), 'window.unit one_of'],
    [month({ zone: undefined }), 'window.zone required'],
    [month({ zone: null }), 'window.zone time_zone'],
    [month({ zone: '' }), 'window.zone time_zone'],
    [month({ zone: 'Mars/Olympus' }), 'window.zone time_zone'],
    [month({ zone: 'Europe/Berlin ' }), 'window.zone time_zone'],
    [month({ zone: '+01:00' }), 'window.zone time_zone'],
    [month({ zone: 'Z' }), 'window.zone time_zone'],
    [month({ zone: 'CEST' }), 'window.zone time_zone'],
    [month({ zone: 'Etc/Unknown' }), 'window.zone time_zone'],
    [month({ zone: '2026-04-01T00:00Z[Europe/Berlin]' }), 'window.zone time_zone'],
    [month({ zone: 'a/'.repeat(100_000) }), 'window.zone time_zone'],
    [month({ startDay: 0 }), 'window.startDay range'],
    [month({ startDay: 29 }), 'window.startDay range'],
    [month({ startDay: 1.5 }), 'window.startDay whole_number'],
    [month({ startDay: '1' }), 'window.startDay whole_number'],
    [month({ startDay: null }), 'window.startDay whole_number'],
    [month({ unit: 'week', startDay: 8 }), 'window.startDay range'],
    [month({ unit: 'day', startDay: 1 }), 'window.startDay unknown_member'],
    [month({ unit: 'day', startMonth: null }), 'window.startMonth unknown_member'],
    [month({ unit: 'week', startMonth: 1 }), 'window.startMonth unknown_member'],
    [month({ startMonth: 1 }), 'window.startMonth unknown_member'],
    [month({ unit: 'quarter', startMonth: 13 }), 'window.startMonth range'],
    [month({ unit: 'year', startMonth: 0 }), 'window.startMonth range'],
    [month({ startHour: 24 }), 'window.startHour range'],
    [month({ startHour: -1 }), 'window.startHour range'],
    [month({ startHour: NaN }), 'window.startHour whole_number'],
    [month({ from: ANCHOR }), 'window.from unknown_member'],
    [month({ startMinute: 30 }), 'window.startMinute unknown_member'],
    [
      { type: 'calendar', zone: 7, startDay: 99, anchor: 1 },
      'window.anchor unknown_member,window.unit required,window.zone time_zone',
    ],
    [every({ duration: undefined }), 'window.duration required'],
    ...['', 'P', 'PT', 'P1', 'p30d', '30D', 'P1.5D', 'PT1,5H', 'P-1D', '+P1D', 'P1D1M', 'P1H'].map(
      (duration): Faulty => [every({ duration }), 'window.duration iso_duration'],
    ),
    [every({ duration: 30 }), 'window.duration iso_duration'],
    [every({ duration: 'P9999999999D' }), 'window.duration iso_duration'],
    ...['P0D', 'PT0S', 'P0Y0M0W0DT0H0M0S', 'PT59S', '-P30D', '-P1M', '-PT59S'].map(
      (duration): Faulty => [every({ duration }), 'window.duration range'],
    ),
    [every({ anchor: undefined }), 'window.anchor required'],
    [every({ anchor: '2026-04-01' }), 'window.anchor rfc3339'],
    [every({ anchor: '2026-04-01T00:00:00' }), 'window.anchor offset'],
    [every({ anchor: '2026-04-01T00:00:01Z' }), 'window.anchor whole_minute'],
    [every({ anchor: '2026-04-01T00:00:00.000001Z' }), 'window.anchor whole_minute'],
    [every({ anchor: '1969-12-31T23:59:59.999999Z' }), 'window.anchor whole_minute'],
    [every({ zone: 'UTC' }), 'window.zone unknown_member'],
    [
      { type: 'every', startDay: 1 },
      'window.startDay unknown_member,window.duration required,window.anchor required',
    ],
  ])('is not %j', (value, faults) => {
    expect(faultsOf(value)).toBe(faults);
  });
});

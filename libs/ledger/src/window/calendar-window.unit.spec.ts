import { formatInstant, instantOf } from '../instant';
import { parseWindowRule } from './parse-window-rule';
import { windowOf, windowsFrom } from './window-of';
import type { Window, WindowRule } from './window-rule';

const ruleOf = (settings: object): WindowRule => {
  const rule = parseWindowRule({ type: 'calendar', ...settings }, 'window');
  if (!rule.ok) throw new Error(JSON.stringify(rule.errors));
  return rule.value;
};
const text = ({ start, end }: Window): string =>
  [start, end].map((at) => formatInstant(at!).replace(/(:00)?Z$/, '')).join('/');
const day = (zone: string, startHour = 0) => ({ unit: 'day', zone, startHour });
const month = (zone: string, startDay = 1) => ({ unit: 'month', zone, startDay });

/** Windows in UTC as `start/end`, without seconds that are zero. */
type Example = [what: string, settings: object, at: string, window: string];

const DAYS: Example[] = [
  ['of 24 hours', day('UTC'), '2026-04-27T23:59:59.999999Z', '2026-04-27T00:00/2026-04-28T00:00'],
  [
    'of 23 hours',
    day('Europe/Berlin'),
    '2026-03-29T12:00:00+02:00',
    '2026-03-28T23:00/2026-03-29T22:00',
  ],
  [
    'of 25 hours',
    day('Europe/Berlin'),
    '2026-10-25T12:00:00+01:00',
    '2026-10-24T22:00/2026-10-25T23:00',
  ],
  [
    'of 22 hours, by two hours of summer time',
    day('Antarctica/Troll'),
    '2026-03-29T12:00:00Z',
    '2026-03-29T00:00/2026-03-29T22:00',
  ],
  [
    'of 26 hours',
    day('Antarctica/Troll'),
    '2026-10-25T12:00:00Z',
    '2026-10-24T22:00/2026-10-26T00:00',
  ],
  [
    'of 24 hours and a half',
    day('Australia/Lord_Howe'),
    '2026-04-05T00:00:00Z',
    '2026-04-04T13:00/2026-04-05T13:30',
  ],
  [
    '45 minutes off',
    day('Asia/Kathmandu'),
    '2026-04-01T00:00:00Z',
    '2026-03-31T18:15/2026-04-01T18:15',
  ],
  [
    '44 minutes and 30 seconds off',
    day('Africa/Monrovia'),
    '1971-06-01T12:00:00Z',
    '1971-06-01T00:44:30/1971-06-02T00:44:30',
  ],
  [
    'whose midnight is skipped in São Paulo',
    day('America/Sao_Paulo'),
    '2018-11-04T03:00:00Z',
    '2018-11-04T03:00/2018-11-05T02:00',
  ],
  [
    'before one whose midnight is skipped',
    day('America/Sao_Paulo'),
    '2018-11-04T02:59:59.999999Z',
    '2018-11-03T03:00/2018-11-04T03:00',
  ],
  [
    'whose midnight is skipped in Beirut',
    day('Asia/Beirut'),
    '2024-03-31T12:00:00Z',
    '2024-03-30T22:00/2024-03-31T21:00',
  ],
  [
    'whose first half hour is skipped, and half an hour of yesterday',
    day('America/Toronto'),
    '1919-03-31T12:00:00Z',
    '1919-03-31T04:30/1919-04-01T04:00',
  ],
  [
    'whose last hour comes twice',
    day('America/Sao_Paulo'),
    '2018-02-18T02:59:59.999999Z',
    '2018-02-17T02:00/2018-02-18T03:00',
  ],
  [
    'whose midnight comes twice, and begins at the first',
    day('America/St_Johns'),
    '2010-11-07T03:00:00Z',
    '2010-11-07T02:30/2010-11-08T03:30',
  ],
  [
    'before a day that was skipped',
    day('Pacific/Apia'),
    '2011-12-30T09:59:59.999999Z',
    '2011-12-29T10:00/2011-12-30T10:00',
  ],
  [
    'after a day that was skipped',
    day('Pacific/Apia'),
    '2011-12-30T10:00:00Z',
    '2011-12-30T10:00/2011-12-31T10:00',
  ],
  [
    'before a day that Kwajalein skipped',
    day('Pacific/Kwajalein'),
    '1993-08-21T00:00:00Z',
    '1993-08-20T12:00/1993-08-21T12:00',
  ],
  [
    'from an hour that is skipped',
    day('Europe/Berlin', 2),
    '2026-03-29T01:00:00Z',
    '2026-03-29T01:00/2026-03-30T00:00',
  ],
  [
    'from an hour that comes twice',
    day('Europe/Berlin', 2),
    '2026-10-25T00:00:00Z',
    '2026-10-25T00:00/2026-10-26T01:00',
  ],
  [
    'that begins at six in the evening',
    day('Asia/Kolkata', 18),
    '2026-04-27T12:29:59Z',
    '2026-04-26T12:30/2026-04-27T12:30',
  ],
];

const LONGER: Example[] = [
  [
    'week from Monday',
    { unit: 'week', zone: 'UTC' },
    '2026-05-03T23:59:59Z',
    '2026-04-27T00:00/2026-05-04T00:00',
  ],
  [
    'week from Sunday',
    { unit: 'week', zone: 'America/New_York', startDay: 7 },
    '2026-03-08T12:00:00Z',
    '2026-03-08T05:00/2026-03-15T04:00',
  ],
  [
    'week whose first day was skipped',
    { unit: 'week', zone: 'Pacific/Apia', startDay: 5 },
    '2012-01-01T00:00:00Z',
    '2011-12-30T10:00/2012-01-05T10:00',
  ],
  ['month', month('UTC'), '2026-04-30T23:59:59.999999Z', '2026-04-01T00:00/2026-05-01T00:00'],
  [
    'month in another year here than in UTC',
    month('Europe/Berlin'),
    '2025-12-31T23:00:00Z',
    '2025-12-31T23:00/2026-01-31T23:00',
  ],
  [
    'month from the 28th',
    month('UTC', 28),
    '2026-03-01T00:00:00Z',
    '2026-02-28T00:00/2026-03-28T00:00',
  ],
  [
    'month half an hour off',
    month('Australia/Adelaide'),
    '2026-04-15T00:00:00Z',
    '2026-03-31T13:30/2026-04-30T14:30',
  ],
  [
    'month in which Ramadan stops summer time',
    month('Africa/Casablanca'),
    '2024-03-15T00:00:00Z',
    '2024-02-29T23:00/2024-04-01T00:00',
  ],
  [
    'month after 2038',
    month('Europe/Berlin'),
    '2050-07-15T00:00:00Z',
    '2050-06-30T22:00/2050-07-31T22:00',
  ],
  [
    'quarter',
    { unit: 'quarter', zone: 'UTC' },
    '2026-03-31T23:59:59Z',
    '2026-01-01T00:00/2026-04-01T00:00',
  ],
  [
    'quarter from the second month',
    { unit: 'quarter', zone: 'UTC', startMonth: 2 },
    '2026-01-31T00:00:00Z',
    '2025-11-01T00:00/2026-02-01T00:00',
  ],
  [
    'quarter from the 28th of the last month',
    { unit: 'quarter', zone: 'UTC', startMonth: 12, startDay: 28 },
    '2026-03-27T23:59:59Z',
    '2025-12-28T00:00/2026-03-28T00:00',
  ],
  [
    'year before 1970',
    { unit: 'year', zone: 'America/New_York' },
    '1969-07-20T20:17:40Z',
    '1969-01-01T05:00/1970-01-01T05:00',
  ],
  [
    'British tax year',
    { unit: 'year', zone: 'Europe/London', startMonth: 4, startDay: 6 },
    '2026-04-05T22:59:59Z',
    '2025-04-05T23:00/2026-04-05T23:00',
  ],
  [
    'American fiscal year',
    { unit: 'year', zone: 'America/New_York', startMonth: 10 },
    '2026-10-01T03:59:59Z',
    '2025-10-01T04:00/2026-10-01T04:00',
  ],
  [
    'year from the 28th of February at five',
    { unit: 'year', zone: 'UTC', startMonth: 2, startDay: 28, startHour: 5 },
    '2024-02-28T04:59:59Z',
    '2023-02-28T05:00/2024-02-28T05:00',
  ],
];

describe('a calendar window', () => {
  it.each([...DAYS.map(([what, ...rest]): Example => [`day ${what}`, ...rest]), ...LONGER])(
    'is a %s',
    (_what, settings, at, window) => {
      expect(text(windowOf(ruleOf(settings), instantOf(at)))).toBe(window);
    },
  );

  it('is left out where a skipped day leaves it empty', () => {
    const days = windowsFrom(ruleOf(day('Pacific/Apia')), instantOf('2011-12-29T12:00:00Z'), 3);
    expect(days.map(text)).toEqual([
      '2011-12-29T10:00/2011-12-30T10:00',
      '2011-12-30T10:00/2011-12-31T10:00',
      '2011-12-31T10:00/2012-01-01T10:00',
    ]);
  });
});

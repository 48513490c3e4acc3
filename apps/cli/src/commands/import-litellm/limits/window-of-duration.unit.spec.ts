import { instantOf } from '#libs/ledger';
import { windowOfDuration } from './window-of-duration';

const UTC = { zone: 'UTC', resetMinute: 0 };
const RESET = instantOf('2026-12-01T00:00:00Z');
const calendar = (unit: string, zone = 'UTC', startHour = 0) => ({
  type: 'calendar',
  unit,
  zone,
  startHour,
});
const every = (duration: string, anchor: string) => ({ type: 'every', duration, anchor });

describe('the window of a budget_duration', () => {
  it.each([
    [null, { type: 'total' }, 'exact'],
    ['1d', calendar('day'), 'exact'],
    ['24h', calendar('day'), 'exact'],
    ['daily', calendar('day'), 'exact'],
    ['7d', calendar('week'), 'exact'],
    ['1w', calendar('week'), 'exact'],
    ['weekly', calendar('week'), 'exact'],
    ['30d', calendar('month'), 'exact'],
    ['1mo', calendar('month'), 'exact'],
    ['monthly', calendar('month'), 'exact'],
    ['14d', every('P14D', '2026-11-17T00:00:00Z'), 'exact'],
    ['2w', every('P14D', '2026-11-17T00:00:00Z'), 'exact'],
    ['1h', every('PT1H', '2026-11-30T23:00:00Z'), 'exact'],
    ['6h', every('PT6H', '2026-11-30T18:00:00Z'), 'exact'],
    ['15m', every('PT15M', '2026-11-30T23:45:00Z'), 'exact'],
    ['5h', every('PT5H', '2026-11-30T19:00:00Z'), 'approximate'],
    ['36h', every('PT36H', '2026-11-29T12:00:00Z'), 'approximate'],
    ['48h', every('PT48H', '2026-11-29T00:00:00Z'), 'approximate'],
    ['45m', every('PT45M', '2026-11-30T23:15:00Z'), 'approximate'],
    ['90m', every('PT90M', '2026-11-30T22:30:00Z'), 'approximate'],
    ['120s', every('PT120S', '2026-11-30T23:58:00Z'), 'approximate'],
    ['1y', calendar('day'), 'approximate'],
    ['30', calendar('day'), 'approximate'],
    ['0d', calendar('day'), 'approximate'],
    ['soon', calendar('day'), 'approximate'],
  ])('%s', (duration, window, faithful) => {
    expect(windowOfDuration(duration, RESET, UTC)).toEqual({ window, faithful });
  });

  it('is none below a minute', () => {
    expect(windowOfDuration('30s', RESET, UTC)).toBeUndefined();
  });

  it('begins when the zone’s day does, and at its reset time', () => {
    expect(windowOfDuration('30d', RESET, { zone: 'Europe/Berlin', resetMinute: 360 })).toEqual({
      window: calendar('month', 'Europe/Berlin', 6),
      faithful: 'exact',
    });
    expect(windowOfDuration('30d', RESET, { zone: 'UTC', resetMinute: 390 })).toEqual({
      window: calendar('month', 'UTC', 6),
      faithful: 'approximate',
    });
    const berlin = { zone: 'Europe/Berlin', resetMinute: 0 };
    expect(windowOfDuration('14d', RESET, berlin)).toMatchObject({ faithful: 'approximate' });
  });

  it('has an anchor of a whole minute, also where LiteLLM’s reset has none or is not known', () => {
    expect(windowOfDuration('14d', RESET + 1_500_000n, UTC)).toEqual({
      window: every('P14D', '2026-11-17T00:00:00Z'),
      faithful: 'approximate',
    });
    expect(windowOfDuration('14d', undefined, UTC)).toEqual({
      window: every('P14D', '1970-01-01T00:00:00Z'),
      faithful: 'approximate',
    });
  });
});

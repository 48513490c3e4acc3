import type { Instant } from '../instant';
import type { CalendarRule } from './window-rule';

/**
 * What the walls of a zone show, as Intl says: the specs' own way from a window rule to a window, without
 * the library that the ledger uses. Local times are in seconds, as if they were UTC.
 */

const MICROS = 1_000_000n;
const SECONDS_PER_DAY = 86_400;
const DAY_AND_HOUR = 25 * 3600;
const QUARTER = 900;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** The local time at an instant of whole seconds. */
export function localSeconds(zone: string, at: Instant): number {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    clocks.set(zone, clock);
  }
  const shown = Object.fromEntries(
    clock.formatToParts(Number(at / 1000n)).map(({ type, value }) => [type, Number(value)]),
  );
  const { year, month, day, hour, minute, second } = shown as Record<string, number>;
  return Date.UTC(year!, month! - 1, day, hour, minute, second) / 1000;
}

/** The local starts that an instant stands for: the one it shows first, or those that it skips. */
export function startsAt(rule: CalendarRule, at: Instant): number[] {
  const before = localSeconds(rule.zone, at - MICROS) + 1;
  const shown = localSeconds(rule.zone, at);
  const starts: number[] = [];
  for (let local = Math.min(before, shown); local <= shown; local++) {
    if (isStart(rule, local) && !wasShownBefore(rule.zone, at, local)) starts.push(local);
    // From one candidate to the next, by the hour.
    local += 3599 - (((local % 3600) + 3600) % 3600);
  }
  return starts;
}

/** The local start after a local start. */
export function nextStart(rule: CalendarRule, local: number): number {
  let next = local + SECONDS_PER_DAY;
  while (!isStart(rule, next)) next += SECONDS_PER_DAY;
  return next;
}

function isStart(rule: CalendarRule, local: number): boolean {
  const { unit, startMonth = 1, startDay = 1, startHour } = rule;
  if (((local % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY !== startHour * 3600) {
    return false;
  }
  const date = new Date(local * 1000);
  const months = date.getUTCMonth() + 1 - startMonth;
  switch (unit) {
    case 'day':
      return true;
    case 'week':
      return (date.getUTCDay() || 7) === startDay;
    case 'month':
      return date.getUTCDate() === startDay;
    case 'quarter':
      return date.getUTCDate() === startDay && months % 3 === 0;
    case 'year':
      return date.getUTCDate() === startDay && months === 0;
  }
}

/** Whether the walls have shown a local time already, by a clock that went back by quarters of an hour, or a day. */
function wasShownBefore(zone: string, at: Instant, local: number): boolean {
  if (localSeconds(zone, at - BigInt(DAY_AND_HOUR) * MICROS) + DAY_AND_HOUR === local) return false;
  for (let back = QUARTER; back <= DAY_AND_HOUR; back += QUARTER) {
    if (localSeconds(zone, at - BigInt(back) * MICROS) >= local) return true;
  }
  return false;
}

import type { Temporal } from 'temporal-polyfill/implementation';
import type { Instant } from '../instant';
import { firstInstantOf, localDateOf } from './local-time';
import type { Bounds, CalendarRule, CalendarUnit } from './window-rule';

const STEPS: Readonly<Record<CalendarUnit, Temporal.DurationLike>> = {
  day: { days: 1 },
  week: { days: 7 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { months: 12 },
};

/**
 * The window that holds an instant and all after it. They begin where the local starts of two neighbours are, not where
 * the local date changes: around a clock change the date may be yesterday's once more. Two starts may be the same
 * instant, when a day between them was skipped; the window between them is empty and left out.
 */
export function* calendarWindows(rule: CalendarRule, at: Instant): Generator<Bounds, never> {
  const step = STEPS[rule.unit];
  const startOn = (date: Temporal.PlainDate) => firstInstantOf(date, rule.startHour, rule.zone);
  let date = startNear(rule, localDateOf(at, rule.zone));
  let start = startOn(date);
  while (start > at) {
    date = date.subtract(step);
    start = startOn(date);
  }
  for (;;) {
    date = date.add(step);
    const end = startOn(date);
    if (end > at && end > start) yield { start, end };
    start = end;
  }
}

/** The first day of a window around a day. As no start lies after the 28th, every step from it is exact. */
function startNear(
  { unit, startMonth = 1, startDay = 1 }: CalendarRule,
  date: Temporal.PlainDate,
): Temporal.PlainDate {
  switch (unit) {
    case 'day':
      return date;
    case 'week':
      return date.subtract({ days: (date.dayOfWeek - startDay + 7) % 7 });
    case 'month':
      return date.with({ day: startDay });
    case 'quarter':
      return date.with({ day: startDay }).subtract({ months: (date.month - startMonth + 12) % 3 });
    case 'year':
      return date.with({ day: startDay }).subtract({ months: (date.month - startMonth + 12) % 12 });
  }
}

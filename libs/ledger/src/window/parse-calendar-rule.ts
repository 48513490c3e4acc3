import { missing, parsed, refused, type FieldError, type Parsed } from '../result';
import { parseZone } from './parse-zone';
import type { CalendarRule, CalendarUnit } from './window-rule';

interface UnitMembers {
  /** The last month, day and hour a window may start in; absent: a window of this unit does not have it. */
  readonly startMonth?: number;
  readonly startDay?: number;
  readonly startHour: number;
}

const UNITS: Readonly<Record<CalendarUnit, UnitMembers>> = {
  day: { startHour: 23 },
  week: { startDay: 7, startHour: 23 },
  month: { startDay: 28, startHour: 23 },
  quarter: { startMonth: 12, startDay: 28, startHour: 23 },
  year: { startMonth: 12, startDay: 28, startHour: 23 },
};

export function parseCalendarRule(
  given: Readonly<Record<string, unknown>>,
  field: string,
): Parsed<CalendarRule> {
  const errors: FieldError[] = [];
  const take = <T>(result: Parsed<T>): T | undefined => {
    if (result.ok) return result.value;
    errors.push(...result.errors);
    return undefined;
  };
  const unit = take(parseUnit(given['unit'], `${field}.unit`));
  const zone = take(parseZone(given['zone'], `${field}.zone`));
  const starts: { startMonth?: number; startDay?: number; startHour?: number } = {};
  // Of no unit nobody can say which starts it has.
  for (const name of unit ? (['startMonth', 'startDay', 'startHour'] as const) : []) {
    const start = take(parseStart(given[name], `${field}.${name}`, unit!, name));
    if (start !== undefined) starts[name] = start;
  }
  if (errors.length > 0) return { ok: false, errors };
  return parsed({ type: 'calendar', unit: unit!, zone: zone!, startHour: 0, ...starts });
}

function parseUnit(value: unknown, field: string): Parsed<CalendarUnit> {
  if (value === undefined) return missing(field);
  if (typeof value !== 'string' || !Object.hasOwn(UNITS, value)) {
    return refused(field, 'one_of', 'must be day, week, month, quarter or year');
  }
  return parsed(value as CalendarUnit);
}

function parseStart(
  value: unknown,
  field: string,
  unit: CalendarUnit,
  name: keyof UnitMembers,
): Parsed<number | undefined> {
  const last = UNITS[unit][name];
  const first = name === 'startHour' ? 0 : 1;
  if (last === undefined) {
    return value === undefined
      ? parsed(undefined)
      : refused(field, 'unknown_member', `a window of a ${unit} does not have it`);
  }
  if (value === undefined) return parsed(first);
  if (!Number.isInteger(value)) return refused(field, 'whole_number', 'must be a whole number');
  const start = value as number;
  return start < first || start > last
    ? refused(field, 'range', `must be from ${first} to ${last}`)
    : // Minus zero is zero.
      parsed(start + 0);
}

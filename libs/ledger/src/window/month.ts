import { FIRST_INSTANT, type Instant } from '../instant';
import { refused, type Parsed } from '../result';
import { localDateOf } from './local-time';
import { parseWindowRule } from './parse-window-rule';
import { eachWindowFrom, windowOf, windowsFrom } from './window-of';
import type { Window, WindowRule } from './window-rule';

/** A month as the people of a time zone count it. */
export interface Month {
  /** Such as `2026-04`. */
  readonly name: string;
  readonly zone: string;
  readonly window: Window;
}

const NAME = /^(\d{4})(?:-(0[1-9]|1[0-2]))?$/;

/** Reads `2026-04` as it is in a zone. */
export function parseMonth(value: unknown, zone: unknown, field: string): Parsed<Month> {
  const match = typeof value === 'string' ? NAME.exec(value) : null;
  if (match?.[2] === undefined || match[1] === '0000') {
    return refused(field, 'month', 'must be a month such as 2026-04');
  }
  const rule = calendarRule('month', zone);
  if (!rule.ok) return rule;
  // Far from both ends: in every zone it is that month.
  const window = windowOf(rule.value, middleOf(match[1]!, match[2]));
  return { ok: true, value: { name: match[0], zone: zoneOf(rule.value), window } };
}

/** Reads a month, `2026-04`, or a year, `2026`, as it is in a zone. */
export function parseNamedWindow(value: unknown, zone: unknown, field: string): Parsed<Window> {
  const match = typeof value === 'string' ? NAME.exec(value) : null;
  if (!match || match[1] === '0000') {
    return refused(field, 'named_window', 'must be a month such as 2026-04, or a year');
  }
  const rule = calendarRule(match[2] === undefined ? 'year' : 'month', zone);
  if (!rule.ok) return rule;
  return { ok: true, value: windowOf(rule.value, middleOf(match[1]!, match[2] ?? '06')) };
}

/** The month that holds an instant. */
export function monthAt(at: Instant, zone: unknown): Parsed<Month> {
  const rule = calendarRule('month', zone);
  return rule.ok ? { ok: true, value: monthOf(windowOf(rule.value, at), rule.value) } : rule;
}

/** A day or a month as the people of a time zone count it, such as `2026-04-27` or `2026-04`. */
export interface NamedWindow {
  readonly name: string;
  readonly window: Window;
}

/** The day or the month that holds an instant and the ones after it, one after the other. */
export function* eachNamedWindowFrom(
  unit: 'day' | 'month',
  zone: string,
  at: Instant,
): Generator<NamedWindow, void> {
  const rule = calendarRule(unit, zone);
  if (!rule.ok) throw new RangeError(`no time zone: ${zone}`);
  for (const window of eachWindowFrom(rule.value, at)) {
    // A window begins on the first of its days, also where the clock then shows the day before once more.
    const day = localDateOf(window.start ?? FIRST_INSTANT, zone);
    yield { name: unit === 'day' ? day.toString() : day.toPlainYearMonth().toString(), window };
  }
}

/** The months of a zone from the one that holds `since` up to the one that begins at `until`, which is left out. */
export function monthsBetween(since: Instant, until: Instant, zone: string): Month[] {
  const rule = calendarRule('month', zone);
  if (!rule.ok) throw new RangeError(`no time zone: ${zone}`);
  const count = yearOf(until) - yearOf(since) + 2;
  return windowsFrom(rule.value, since, 12 * count)
    .map((window) => monthOf(window, rule.value))
    .filter(({ window }) => window.start === null || window.start < until);
}

function calendarRule(unit: 'day' | 'month' | 'year', zone: unknown): Parsed<WindowRule> {
  return parseWindowRule({ type: 'calendar', unit, zone }, 'window');
}

function zoneOf(rule: WindowRule): string {
  return rule.type === 'calendar' ? rule.zone : 'UTC';
}

function monthOf(window: Window, rule: WindowRule): Month {
  const zone = zoneOf(rule);
  const name = localDateOf(window.start ?? FIRST_INSTANT, zone)
    .toPlainYearMonth()
    .toString();
  return { name, zone, window };
}

function middleOf(year: string, month: string): Instant {
  return BigInt(Date.parse(`${year}-${month}-15T00:00:00Z`)) * 1000n;
}

function yearOf(at: Instant): number {
  return localDateOf(at, 'UTC').year;
}

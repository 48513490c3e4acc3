import { formatInstant, parseInstant, type Instant } from './instant';
import { parsed, refused, type Parsed } from './result';
import { memberPath } from './secret';

/** Over which time a budget counts. A window is a function of an instant; nothing is ever reset. */
export type WindowRule = TotalRule;

/** All time, or all time from an instant on. */
export interface TotalRule {
  readonly type: 'total';
  readonly from?: Instant;
}

/** Half-open `[start, end)`; `null` is unbounded. */
export interface Window {
  readonly start: Instant | null;
  readonly end: Instant | null;
}

/** The window that holds an instant. */
export function windowOf(rule: WindowRule, _at: Instant): Window {
  switch (rule.type) {
    case 'total':
      return { start: rule.from ?? null, end: null };
  }
}

/** Reads a window rule as callers write it; a member that its type does not have is refused. */
export function parseWindowRule(value: unknown, field: string): Parsed<WindowRule> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(field, 'object', 'must be an object with a type');
  }
  const { type, from, ...strangers } = value as Record<string, unknown>;
  if (type !== 'total') return refused(`${field}.type`, 'one_of', 'must be total');
  const stranger = Object.keys(strangers)[0];
  if (stranger !== undefined) {
    return refused(
      memberPath(field, stranger),
      'unknown_member',
      'a total window does not have it',
    );
  }
  if (from === undefined) return parsed({ type });
  const instant = parseInstant(from, `${field}.from`);
  return instant.ok ? parsed({ type, from: instant.value }) : instant;
}

/** A window rule as callers read it. */
export function printWindowRule(rule: WindowRule): { type: 'total'; from?: string } {
  return rule.from === undefined
    ? { type: 'total' }
    : { type: 'total', from: formatInstant(rule.from) };
}

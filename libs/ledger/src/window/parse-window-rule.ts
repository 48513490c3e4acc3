import { parseInstant } from '../instant';
import { isObject, strangersOf } from '../members';
import { missing, parsed, refused, type Parsed } from '../result';
import { parseCalendarRule } from './parse-calendar-rule';
import { parseEveryRule } from './parse-every-rule';
import type { TotalRule, WindowRule } from './window-rule';

const TYPES: Readonly<Record<WindowRule['type'], RuleReader>> = {
  total: { members: ['from'], parse: parseTotalRule },
  calendar: {
    members: ['unit', 'zone', 'startMonth', 'startDay', 'startHour'],
    parse: parseCalendarRule,
  },
  every: { members: ['duration', 'anchor'], parse: parseEveryRule },
};

interface RuleReader {
  readonly members: readonly string[];
  readonly parse: (given: Readonly<Record<string, unknown>>, field: string) => Parsed<WindowRule>;
}

/** Reads a window rule as callers write it (docs/api.md, Windows), filling in defaults; reports every faulty member. */
export function parseWindowRule(value: unknown, field: string): Parsed<WindowRule> {
  if (value === undefined) return missing(field);
  if (!isObject(value)) return refused(field, 'object', 'must be an object with a type');
  const { type, ...given } = value;
  if (typeof type !== 'string' || !Object.hasOwn(TYPES, type)) {
    return refused(`${field}.type`, 'one_of', 'must be total, calendar or every');
  }
  const { members, parse } = TYPES[type as WindowRule['type']];
  const strangers = strangersOf(given, members, field, `a window of type ${type} does not have it`);
  const rule = parse(given, field);
  if (strangers.length === 0) return rule;
  return { ok: false, errors: [...strangers, ...(rule.ok ? [] : rule.errors)] };
}

function parseTotalRule(
  { from }: Readonly<Record<string, unknown>>,
  field: string,
): Parsed<TotalRule> {
  if (from === undefined) return parsed({ type: 'total' });
  const instant = parseInstant(from, `${field}.from`);
  return instant.ok ? parsed({ type: 'total', from: instant.value }) : instant;
}

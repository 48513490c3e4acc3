import { parseInstant, type Instant } from '../instant';
import { missing, parsed, refused, type FieldError, type Parsed } from '../result';
import { parsePeriod } from './period';
import type { EveryRule } from './window-rule';

const MICROS_PER_MINUTE = 60_000_000n;

export function parseEveryRule(
  given: Readonly<Record<string, unknown>>,
  field: string,
): Parsed<EveryRule> {
  const duration = parseDuration(given['duration'], `${field}.duration`);
  const anchor = parseAnchor(given['anchor'], `${field}.anchor`);
  if (duration.ok && anchor.ok) {
    return parsed({ type: 'every', duration: duration.value, anchor: anchor.value });
  }
  const errors: FieldError[] = [];
  for (const result of [duration, anchor]) if (!result.ok) errors.push(...result.errors);
  return { ok: false, errors };
}

function parseDuration(value: unknown, field: string): Parsed<string> {
  if (value === undefined) return missing(field);
  const period = typeof value === 'string' ? parsePeriod(value) : undefined;
  if (period === undefined) {
    return refused(
      field,
      'iso_duration',
      'must be an ISO 8601 duration in whole numbers, such as P30D or P1M',
    );
  }
  return period.months > 0 || period.micros >= MICROS_PER_MINUTE
    ? parsed(value as string)
    : refused(field, 'range', 'must be at least a minute, PT1M');
}

function parseAnchor(value: unknown, field: string): Parsed<Instant> {
  const anchor = parseInstant(value, field);
  if (!anchor.ok || anchor.value % MICROS_PER_MINUTE === 0n) return anchor;
  return refused(field, 'whole_minute', 'must be a whole minute, such as 2026-04-01T00:00:00Z');
}

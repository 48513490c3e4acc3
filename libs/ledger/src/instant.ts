import { missing, parsed, refused, type Parsed } from './result';

/** Microseconds since 1970-01-01T00:00:00Z, in the years 1 to 9999. */
export type Instant = bigint;

const MICROS_PER_MILLI = 1000n;
const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,64}))?([Zz]|[+-]\d{2}:\d{2})?$/;
export const FIRST_INSTANT: Instant = instantOfMillis(Date.parse('0001-01-01T00:00:00.000Z'));
export const LAST_INSTANT: Instant = instantOfMillis(Date.parse('9999-12-31T23:59:59.999Z')) + 999n;

/** Reads an RFC 3339 time with an offset; digits below a microsecond are cut off. */
export function parseInstant(value: unknown, field: string): Parsed<Instant> {
  if (value === undefined) return missing(field);
  const match = typeof value === 'string' ? RFC_3339.exec(value) : null;
  const millis = match ? millisOf(match) : undefined;
  if (!match || millis === undefined) {
    return refused(field, 'rfc3339', 'must be an RFC 3339 time such as 2026-04-27T10:00:00Z');
  }
  const offset = match[8];
  if (offset === undefined) {
    return refused(field, 'offset', 'must say its offset from UTC, such as Z or +02:00');
  }
  const offsetMinutes = minutesOf(offset);
  if (offsetMinutes === undefined) {
    return refused(field, 'offset', 'must have an offset between -23:59 and +23:59');
  }
  const micros = BigInt((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  const instant = instantOfMillis(millis - offsetMinutes * 60_000) + micros;
  if (instant < FIRST_INSTANT || instant > LAST_INSTANT) {
    return refused(field, 'range', 'must lie in the years 0001 to 9999 of UTC');
  }
  return parsed(instant);
}

/** Reads a time that the ledger itself wrote. */
export function instantOf(text: string): Instant {
  const result = parseInstant(text, 'time');
  if (!result.ok) throw new RangeError('not a time of the ledger');
  return result.value;
}

export function instantOfMillis(millis: number): Instant {
  return BigInt(Math.trunc(millis)) * MICROS_PER_MILLI;
}

/** Prints UTC to the microsecond, without needless zeros: `2026-04-27T10:00:00Z`. */
export function formatInstant(instant: Instant): string {
  const micros = ((instant % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((instant - micros) / MICROS_PER_MILLI))
    .toISOString()
    .slice(0, 19);
  if (micros === 0n) return `${seconds}Z`;
  return `${seconds}.${micros.toString().padStart(6, '0').replace(/0+$/, '')}Z`;
}

/** Whole milliseconds from one instant to a later one; never below zero. */
export function millisBetween(from: Instant, to: Instant): number {
  return to <= from ? 0 : Number((to - from) / MICROS_PER_MILLI);
}

function millisOf(match: RegExpExecArray): number | undefined {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that its month does not have rolls over; a month 13 too.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second, 0);
}

function minutesOf(offset: string): number | undefined {
  if (offset === 'Z' || offset === 'z') return 0;
  const hours = Number(offset.slice(1, 3));
  const minutes = Number(offset.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

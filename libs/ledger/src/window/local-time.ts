import { Temporal } from 'temporal-polyfill/implementation';
import type { Instant } from '../instant';

const NANOS_PER_MICRO = 1000n;
/** Names only: an offset such as +01:00 is no zone. */
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/;

/** The name of a zone in IANA's case; `undefined` if there is none of that name. */
export function zoneNamed(name: string): string | undefined {
  if (!NAME.test(name)) return undefined;
  try {
    return zonedTime(0n, name).timeZoneId;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What the calendars in a zone show at an instant. */
export function localDateOf(at: Instant, zone: string): Temporal.PlainDate {
  return zonedTime(at, zone).toPlainDate();
}

/** The instant of a local hour: of one that comes twice the first, of one that is skipped the end of the gap. */
export function firstInstantOf(date: Temporal.PlainDate, hour: number, zone: string): Instant {
  const local = date.toPlainDateTime({ hour });
  const found = local.toZonedDateTime(zone, { disambiguation: 'earlier' });
  // A skipped time was moved back by the length of its gap, a day at most; the next change is the gap.
  const isSkipped = found.hour !== hour || found.day !== date.day;
  return instantOfZoned(isSkipped ? found.getTimeZoneTransition('next')! : found);
}

/** A day that a month does not have becomes its last. */
export function addMonthsInUtc(at: Instant, months: number): Instant {
  return instantOfZoned(zonedTime(at, 'UTC').add({ months }));
}

function zonedTime(at: Instant, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochNanoseconds(at * NANOS_PER_MICRO).toZonedDateTimeISO(zone);
}

/** Local times and the changes between them lie on whole seconds. */
function instantOfZoned(time: Temporal.ZonedDateTime): Instant {
  return time.epochNanoseconds / NANOS_PER_MICRO;
}

import type { Instant } from '../instant';

/** Over which time a budget counts. A window is a function of an instant; nothing is ever reset. */
export type WindowRule = TotalRule | CalendarRule | EveryRule;

/** All time, or all time from an instant on. */
export interface TotalRule {
  readonly type: 'total';
  readonly from?: Instant;
}

export type CalendarUnit = 'day' | 'week' | 'month' | 'quarter' | 'year';

/** Days, weeks, months, … as the people of a time zone count them. */
export interface CalendarRule {
  readonly type: 'calendar';
  readonly unit: CalendarUnit;
  /** A name of the IANA list in IANA's case; an alias stays what it is. */
  readonly zone: string;
  /** 1 to 12, of a quarter or a year; 1 unless given. */
  readonly startMonth?: number;
  /** 1 (Monday) to 7 of a week, 1 to 28 of a month, a quarter or a year; 1 unless given. */
  readonly startDay?: number;
  readonly startHour: number;
}

/** The n-th window starts at `anchor + n × duration` in UTC, whichever sign n has. */
export interface EveryRule {
  readonly type: 'every';
  /** ISO 8601 in whole numbers, as given; at least a minute. */
  readonly duration: string;
  /** A whole minute. */
  readonly anchor: Instant;
}

/** Half-open `[start, end)`, which may lie outside of the years 1 to 9999. */
export interface Bounds {
  readonly start: Instant;
  readonly end: Instant;
}

/**
 * Half-open `[start, end)`; `null` is unbounded, as the first and the last window of a rule are: there is no instant
 * outside of the years 1 to 9999.
 */
export interface Window {
  readonly start: Instant | null;
  readonly end: Instant | null;
}

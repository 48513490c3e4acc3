import { formatInstant, type Instant, type WindowRuleDocument } from '#libs/ledger';

/** How LiteLLM resets, as its config.yaml says: its tables do not. */
export interface ResetRules {
  readonly zone: string;
  /** `budget_reset_time`, in minutes after midnight. */
  readonly resetMinute: number;
}

/** Whether the window is the one that LiteLLM resets by, at every instant. */
export type Faithful = 'exact' | 'approximate';

export interface DurationWindow {
  readonly window: WindowRuleDocument;
  readonly faithful: Faithful;
}

const CALENDAR = new Map<string, 'day' | 'week' | 'month'>([
  ...['1d', '24h', 'daily'].map((name) => [name, 'day'] as const),
  ...['7d', '1w', 'weekly'].map((name) => [name, 'week'] as const),
  ...['30d', '1mo', 'monthly'].map((name) => [name, 'month'] as const),
]);
const COUNTED = /^([1-9]\d{0,4})([smhdw])$/;
const MINUTE = 60_000_000n;
const LENGTHS = {
  s: MINUTE / 60n,
  m: MINUTE,
  h: 60n * MINUTE,
  d: 1440n * MINUTE,
  w: 10_080n * MINUTE,
};
/** Of budgets that LiteLLM has not given their first reset: any instant will do, as long as it stays the same. */
const NO_RESET_YET: Instant = 0n;

/**
 * The window of a `budget_duration`, by how LiteLLM 1.108.7 resets (get_next_standardized_reset_time): it takes 30d for
 * a month, and resets whatever it does not know at every midnight.
 * @param resetAt the next reset, which is one of those that the window begins at
 * @returns undefined for what is shorter than any window
 */
export function windowOfDuration(
  duration: string | null,
  resetAt: Instant | undefined,
  rules: ResetRules,
): DurationWindow | undefined {
  if (duration === null) return { window: { type: 'total' }, faithful: 'exact' };
  const unit = CALENDAR.get(duration);
  if (unit) return calendarWindow(unit, rules, 'exact');
  const [, digits, letter] = COUNTED.exec(duration) ?? [];
  if (digits === undefined) return calendarWindow('day', rules, 'approximate');
  const count = Number(digits);
  if (letter === 's' && count < 60) return undefined;
  const length = BigInt(count) * LENGTHS[letter as keyof typeof LENGTHS];
  const start = resetAt === undefined ? NO_RESET_YET : resetAt - length;
  const anchor = start - (((start % MINUTE) + MINUTE) % MINUTE);
  const isExact =
    rules.zone === 'UTC' &&
    resetAt !== undefined &&
    anchor === start &&
    divides(count, letter!) &&
    (letter === 'm' || rules.resetMinute === 0);
  return {
    window: { type: 'every', duration: isoDuration(count, letter!), anchor: formatInstant(anchor) },
    faithful: isExact ? 'exact' : 'approximate',
  };
}

function calendarWindow(
  unit: 'day' | 'week' | 'month',
  { zone, resetMinute }: ResetRules,
  faithful: Faithful,
): DurationWindow {
  const window = { type: 'calendar' as const, unit, zone, startHour: Math.floor(resetMinute / 60) };
  return { window, faithful: resetMinute % 60 === 0 ? faithful : 'approximate' };
}

/** LiteLLM resets what does not divide the day, or the hour, at other times than its length says. */
function divides(count: number, letter: string): boolean {
  switch (letter) {
    case 'h':
      return 24 % count === 0;
    case 'm':
      return 60 % count === 0;
    default:
      return letter !== 's';
  }
}

function isoDuration(count: number, letter: string): string {
  switch (letter) {
    case 'w':
      return `P${7 * count}D`;
    case 'd':
      return `P${count}D`;
    default:
      return `PT${count}${letter.toUpperCase()}`;
  }
}

import { LAST_INSTANT, type Instant, type Window } from '#libs/ledger';

/** What is known of a budget's window when its end is estimated. */
export interface Burning {
  readonly now: Instant;
  readonly window: Window;
  /** `null`: there is none. */
  readonly limitPico: bigint | null;
  readonly spentPico: bigint;
  readonly heldPico: bigint;
  /** What was spent since `pacedSince`, which is in the window. */
  readonly pacedPico: bigint;
  readonly pacedSince: Instant;
  /** What each of the last whole days cost, those of the window alone. */
  readonly daysPico: readonly bigint[];
}

export type NoForecast = 'no_limit' | 'too_early' | 'idle';

/** An estimate: no decision rests on it. */
export interface Forecast {
  /** What will be spent at the window's end at this pace; `null`: the window has none. */
  readonly endSpentPico: bigint | null;
  /** The same at the least and at the greatest daily pace of the last whole days; `null` likewise, or without such days. */
  readonly lowPico: bigint | null;
  readonly highPico: bigint | null;
  /** When the limit is reached at this pace; `null`: not within the window. */
  readonly exhaustsAt: Instant | null;
  readonly pacePerDayPico: bigint;
}

const HOUR = 3_600_000_000n;
const DAY = 24n * HOUR;
/** The pace is that of so long, or of the window as far as it has come. */
export const PACE_SPAN = 7n * DAY;
/** The window's part that has to be over, as a divisor. */
const LEAST_PART = 20n;

export function forecast(burning: Burning): Forecast | NoForecast {
  const { now, window, limitPico, pacedPico, pacedSince, spentPico, daysPico } = burning;
  if (limitPico === null) return 'no_limit';
  if (isTooEarly(burning)) return 'too_early';
  if (pacedPico <= 0n) return 'idle';
  const span = now - pacedSince;
  const rest = window.end === null ? null : window.end - now;
  const endAt = (pico: bigint, micros: bigint) =>
    rest === null ? null : spentPico + (pico * rest) / micros;
  const days = [...daysPico].sort((one, other) => (one < other ? -1 : 1));
  return {
    endSpentPico: endAt(pacedPico, span),
    lowPico: days.length === 0 ? null : endAt(days[0]!, DAY),
    highPico: days.length === 0 ? null : endAt(days.at(-1)!, DAY),
    exhaustsAt: exhaustsAt(burning, limitPico, span),
    pacePerDayPico: (pacedPico * DAY) / span,
  };
}

function isTooEarly({ now, window: { start, end }, pacedSince }: Burning): boolean {
  if (now - pacedSince < HOUR) return true;
  if (start === null || end === null) return false;
  return (now - start) * LEAST_PART < end - start;
}

function exhaustsAt(
  { now, window, spentPico, heldPico, pacedPico }: Burning,
  limitPico: bigint,
  span: bigint,
): Instant | null {
  const leftPico = limitPico - spentPico - heldPico;
  const at = leftPico <= 0n ? now : now + (leftPico * span) / pacedPico;
  return at < (window.end ?? LAST_INSTANT) ? at : null;
}

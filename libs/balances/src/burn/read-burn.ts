import {
  eachNamedWindowFrom,
  formatInstant,
  formatMoney,
  judge,
  picoOfDecimal,
  type Budget,
  type BudgetState,
  type Instant,
  type Window,
} from '#libs/ledger';
import type { Database } from '#libs/postgres';
import { printStatus, type BudgetStatus } from '../print-status';
import { firstDayOf, sumSpans } from '../series/sum-spans';
import { forecast, PACE_SPAN, type Forecast, type NoForecast } from './forecast';

/** How the money of a budget's window was spent, and how long the rest may last. */
export interface Burn {
  readonly status: BudgetStatus;
  /** What had been spent in the window at each of these times; the last is now. */
  readonly points: readonly { readonly at: string; readonly spent: string }[];
  /** The shares of the limit that warn, and what they come to. */
  readonly lines: readonly { readonly share: string; readonly amount: string }[];
  readonly forecast: ForecastDocument | null;
  /** Why there is none. */
  readonly noForecast: NoForecast | null;
}

export interface ForecastDocument {
  readonly endSpent: string | null;
  readonly low: string | null;
  readonly high: string | null;
  readonly exhaustsAt: string | null;
  readonly pacePerDay: string;
  readonly method: 'pace_7d';
}

const MINUTE = 60_000_000n;
const QUARTER = 15n * MINUTE;
const DAY = 96n * QUARTER;
const STEPS = [QUARTER, 4n * QUARTER, 24n * QUARTER, DAY, 7n * DAY, 28n * DAY];
/** Of a longer window the last part is shown. */
const LONGEST = 366n * DAY;
const WHOLE_DAYS = 7;
const ONE_PICO = 10n ** 12n;

/**
 * @param state the budget with its numbers, at `now`
 * @param limits.mostPoints at least 10
 */
export async function readBurn(
  database: Pick<Database, 'kysely'>,
  state: BudgetState,
  now: Instant,
  { partitions, mostPoints }: { readonly partitions: number; readonly mostPoints: number },
): Promise<Burn> {
  const { window, budget, account } = state;
  if (account.kind === 'missing_label') throw new Error('a label that is missing has no sums');
  const from = window.start ?? (await firstDayOf(database, account, partitions)) ?? now;
  const times = timesOf(later(from, now - LONGEST), now, mostPoints - 1);
  const parts = times.map((at, n) => ({ start: times[n - 1] ?? window.start, end: at }));
  const pacedSince = later(window.start, now - PACE_SPAN);
  const days = wholeDays(budget, window, now);
  const spans = [...parts, { start: pacedSince, end: now }, ...days];
  const sums = await sumSpans(database, account, spans, partitions);
  const daysPico = sums.slice(parts.length + 1);
  const found = forecast({
    ...state,
    now,
    limitPico: budget.limitPico,
    pacedSince,
    pacedPico: sums[parts.length]!,
    daysPico,
  });
  return {
    status: printStatus(judge(state, undefined)),
    points: printPoints(times, sums, { at: now, spentPico: state.spentPico }),
    lines: linesOf(budget),
    ...(typeof found === 'string'
      ? { forecast: null, noForecast: found }
      : { forecast: printForecast(found), noForecast: null }),
  };
}

/** At quarters of an hour, to before now. */
function timesOf(from: Instant, now: Instant, most: number): Instant[] {
  const first = from - (from % QUARTER) + (from % QUARTER === 0n ? 0n : QUARTER);
  const step =
    STEPS.find((each) => (now - first) / each < BigInt(most)) ?? (now - first) / BigInt(most - 1);
  const times: Instant[] = [];
  for (let at = first; at < now && times.length < most; at += step) times.push(at);
  return times;
}

const later = (start: Instant | null, at: Instant) => (start === null || start < at ? at : start);

/** The last whole days of the budget's zone that lie in its window. */
function wholeDays({ window: rule }: Budget, window: Window, now: Instant): Window[] {
  const zone = rule.type === 'calendar' ? rule.zone : 'UTC';
  const days: Window[] = [];
  const since = now - BigInt(WHOLE_DAYS + 1) * DAY;
  for (const { window: day } of eachNamedWindowFrom('day', zone, since)) {
    if (day.end === null || day.end > now) break;
    if (day.start !== null && (window.start === null || day.start >= window.start)) days.push(day);
  }
  return days.slice(-WHOLE_DAYS);
}

/** The last one is what checks read, whatever came in between the two readings. */
function printPoints(
  times: readonly Instant[],
  sums: readonly bigint[],
  now: { readonly at: Instant; readonly spentPico: bigint },
): Burn['points'] {
  let spentPico = 0n;
  const points = times.map((at, n) => ({ at, spentPico: (spentPico += sums[n]!) }));
  return [...points, now].map((point) => ({
    at: formatInstant(point.at),
    spent: formatMoney(point.spentPico),
  }));
}

function linesOf({ warnAt, limitPico }: Budget): Burn['lines'] {
  if (limitPico === null) return [];
  return warnAt.map((share) => ({
    share,
    amount: formatMoney((limitPico * picoOfDecimal(share)) / ONE_PICO),
  }));
}

function printForecast(found: Forecast): ForecastDocument {
  const money = (pico: bigint | null) => (pico === null ? null : formatMoney(pico));
  return {
    endSpent: money(found.endSpentPico),
    low: money(found.lowPico),
    high: money(found.highPico),
    exhaustsAt: found.exhaustsAt === null ? null : formatInstant(found.exhaustsAt),
    pacePerDay: formatMoney(found.pacePerDayPico),
    method: 'pace_7d',
  };
}

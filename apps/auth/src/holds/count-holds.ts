import type { OnExpiry } from '#libs/holds';
import type { Metrics } from '#libs/runtime';
import type { HoldOutcome } from './hold-outcome';
import type { HoldRequest } from './hold-request';

const OPERATIONS = {
  take: 'hold',
  settle: 'settle',
  release: 'release',
  extend: 'extend',
} as const;

/** Counts what became of requests about holds; what is told here was answered. */
export function countHolds(metrics: Metrics): (outcome: HoldOutcome, request: HoldRequest) => void {
  const served = metrics.counter(
    'auth_holds_total',
    'Requests about holds, by what was asked and what became of it',
    ['operation', 'outcome'],
  );
  const overruns = metrics.counter(
    'auth_hold_overruns_total',
    'Settles of more than was held; a repeat is not counted',
  );
  const late = metrics.counter(
    'auth_hold_late_settles_total',
    'Settles after the expiry; a repeat is not counted',
  );
  return (outcome, { kind }) => {
    served.inc({ operation: OPERATIONS[kind], outcome: nameOf(outcome) });
    if (outcome.outcome !== 'settled' || outcome.isRepeated) return;
    if (outcome.overrunPico > 0n) overruns.inc();
    if (outcome.late) late.inc();
  };
}

/** Counts the events that expiries have made, by what was to become of the hold. */
export function countExpiryEvents(metrics: Metrics): (made: readonly OnExpiry[]) => void {
  const events = metrics.counter(
    'auth_hold_expiry_events_total',
    'Events made because a hold expired that nobody had ended',
    ['kind'],
  );
  for (const kind of ['unknown', 'charge']) events.inc({ kind }, 0);
  return (made) => {
    for (const kind of made) events.inc({ kind });
  };
}

function nameOf(outcome: HoldOutcome): string {
  return 'isRepeated' in outcome && outcome.isRepeated ? 'repeated' : outcome.outcome;
}

/** How long the flushes took that took, settled, released or extended holds. */
export function timeFlushes(metrics: Metrics): (seconds: number) => void {
  const histogram = metrics.histogram(
    'auth_hold_flush_seconds',
    'How long one flush of requests about holds took, its repetitions included',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  );
  return (seconds) => histogram.observe(seconds);
}

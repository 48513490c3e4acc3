import type { Instant } from '#libs/ledger';
import { Problem } from '#libs/runtime';
import type { AnsweredDecision } from '../decisions/answered-decision';
import { printDecision } from '../decisions/print-decision';
import type { EarliestPass } from '../find-earliest-pass';

const LONG_WAIT_SECONDS = 60;

/** Clients that read the headers come back when that can help, and not before. */
export function budgetExceeded(decision: AnsweredDecision, earliest: EarliestPass): Problem {
  const retryAfterSeconds =
    typeof earliest === 'bigint' ? secondsUntil(earliest, decision.decidedAt) : undefined;
  const isVain =
    earliest === 'never' ||
    (retryAfterSeconds !== undefined && retryAfterSeconds > LONG_WAIT_SECONDS);
  return new Problem('budget_exceeded', decision.message, {
    extra: { decision: printDecision(decision) },
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(isVain && { headers: { 'x-should-retry': 'false' } }),
  });
}

/** To the microsecond: a caller that came back a fraction of a millisecond early would be refused once more. */
function secondsUntil(earliest: Instant, from: Instant): number {
  return earliest <= from ? 0 : Number(earliest - from) / 1_000_000;
}

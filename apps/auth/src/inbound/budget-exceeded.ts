import { millisBetween } from '#libs/ledger';
import { Problem } from '#libs/runtime';
import type { AnsweredDecision } from '../decisions/answered-decision';
import { printDecision } from '../decisions/print-decision';
import type { EarliestPass } from '../find-earliest-pass';

const LONG_WAIT_SECONDS = 60;

/** Clients that read the headers come back when that can help, and not before. */
export function budgetExceeded(decision: AnsweredDecision, earliest: EarliestPass): Problem {
  const retryAfterSeconds =
    typeof earliest === 'bigint' ? millisBetween(decision.decidedAt, earliest) / 1000 : undefined;
  const isVain =
    earliest === 'never' ||
    (retryAfterSeconds !== undefined && retryAfterSeconds > LONG_WAIT_SECONDS);
  return new Problem('budget_exceeded', decision.message, {
    extra: { decision: printDecision(decision) },
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(isVain && { headers: { 'x-should-retry': 'false' } }),
  });
}

import { millisBetween, type Instant } from '#libs/ledger';
import { Problem } from '#libs/runtime';
import type { AnsweredDecision } from '../decisions/answered-decision';
import { printDecision } from '../decisions/print-decision';

/** Says when it resets, if that is what it waits for; clients must not hammer until then. */
export function budgetExceeded(decision: AnsweredDecision): Problem {
  const resetsAt = resetOf(decision);
  return new Problem('budget_exceeded', decision.message, {
    extra: { decision: printDecision(decision) },
    ...(resetsAt === null
      ? {}
      : { retryAfterSeconds: millisBetween(decision.decidedAt, resetsAt) / 1000 }),
  });
}

/** A budget that is closed because the ledger is behind opens when it has caught up, not when its window ends. */
function resetOf({ blockedBy, degraded }: AnsweredDecision): Instant | null {
  if (blockedBy === null || (degraded && blockedBy.verdict !== 'exceeded')) return null;
  return blockedBy.window.end;
}

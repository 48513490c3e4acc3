import { formatInstant } from '#libs/ledger';
import { isAmendable, type Hold, type HoldState } from '#libs/holds';
import { invalid, Problem } from '#libs/runtime';
import type { HoldOutcome } from '../holds/hold-outcome';
import type { HoldReader } from '../holds/read-hold';
import type { EarliestPassFinder } from '../find-earliest-pass';
import { budgetExceeded } from './budget-exceeded';

type Served = 'taken' | 'settled' | 'released' | 'extended';
type Outcome = HoldOutcome['outcome'];

/**
 * The outcome that a door asked for.
 * @throws Problem for every other
 */
export async function servedAs<K extends Outcome>(
  kinds: readonly K[],
  outcome: HoldOutcome,
  holds: Pick<HoldReader, 'stateOf'>,
): Promise<Extract<HoldOutcome, { readonly outcome: K }>> {
  if ((kinds as readonly Outcome[]).includes(outcome.outcome)) {
    return outcome as Extract<HoldOutcome, { readonly outcome: K }>;
  }
  throw await problemOf(outcome as Exclude<HoldOutcome, { readonly outcome: Served }>, holds);
}

/**
 * A refusal, for doors where it is a problem.
 * @throws Problem `budget_exceeded`
 */
export async function throwIfRefused(
  outcome: HoldOutcome,
  passes: Pick<EarliestPassFinder, 'of'>,
): Promise<void> {
  if (outcome.outcome !== 'refused') return;
  const { decision, question, unchanged } = outcome;
  const endsAt = unchanged?.hold.expiresAt;
  throw budgetExceeded(decision, await passes.of(decision, question.estimatePico, endsAt));
}

export function holdNotFound(): Problem {
  return new Problem('not_found', 'There is no such hold, or no longer.');
}

async function problemOf(
  outcome: Exclude<HoldOutcome, { readonly outcome: Served }>,
  holds: Pick<HoldReader, 'stateOf'>,
): Promise<Problem> {
  switch (outcome.outcome) {
    case 'refused':
      return budgetExceeded(outcome.decision, 'unknown');
    case 'ended':
      return holdEnded(outcome.hold, await holds.stateOf(outcome.hold, outcome.now));
    case 'key_reused':
      return new Problem(
        'idempotency_key_reused',
        'This idempotency key came with another request before: send a key of its own with each.',
      );
    case 'not_found':
      return holdNotFound();
    case 'forbidden':
      return new Problem(
        'forbidden',
        'Only the caller that took a hold may settle, release or extend it.',
      );
    case 'time_outside':
      return timeOutside(formatInstant(outcome.from), formatInstant(outcome.to));
    case 'behind':
      return new Problem(
        'unavailable',
        'The ledger is behind, so it cannot say what is held. Send the same again later.',
        { retryAfterSeconds: 1 },
      );
  }
}

function timeOutside(from: string, to: string): Problem {
  const message = `must lie between the hold, ${from}, and now, ${to}`;
  return invalid([{ field: 'time', rule: 'range', message }]);
}

function holdEnded(hold: Hold, state: HoldState): Problem {
  const isByExpiry = hold.end === null ? state === 'settling' : isAmendable(hold);
  const detail = isByExpiry ? SETTLED_BY_EXPIRY : WHAT_TO_DO[state];
  return new Problem('hold_ended', detail, { extra: { holdId: hold.holdId, state } });
}

const SETTLED_BY_EXPIRY =
  'The hold has expired, and its expiry is recorded as a spend. Settle it with what its call cost to correct that; take a new hold, under a new idempotency key, for another call.';

const SETTLED =
  'The hold is settled: what its call cost is on record, and the hold says as which event. Take a new hold for another call.';
const WHAT_TO_DO: Record<HoldState, string> = {
  active: 'The hold has changed meanwhile. Send the same again.',
  settling: SETTLED,
  settled: SETTLED,
  released:
    'The hold was released. If its call cost something after all, record that as a spend of its own; take a new hold, under a new idempotency key, for another call.',
  expired:
    'The hold has expired, and its money is free again. What its call cost can still be settled; take a new hold, under a new idempotency key, for another call.',
};

import { hash, randomUUID } from 'node:crypto';
import type { Instant, ScopeIds } from '#libs/ledger';
import type { Decision, DecisionQuestion } from '../decision';

const MICROS_PER_MINUTE = 60_000_000n;
const MICROS_PER_MILLI = 1000n;

/**
 * The id of a refusal, out of what makes it equal to others: who asked for how much and what, what blocks, the sentence, and the
 * minute of UTC. Processes that refuse alike at the same time give one id without asking each other. A UUID of version 8.
 */
export function refusalId(question: DecisionQuestion, refusal: Decision): string {
  const { scope, estimatePico, labels, model } = question;
  const { teamId, userId, keyId }: ScopeIds = scope;
  const digest = hash(
    'sha256',
    JSON.stringify([
      [scope.type, teamId, userId, keyId],
      estimatePico?.toString(),
      refusal.blockedBy?.budget.budgetId,
      refusal.message,
      (refusal.decidedAt / MICROS_PER_MINUTE).toString(),
      ...(labels === undefined && model === undefined ? [] : [[...(labels ?? [])], model]),
    ]),
  );
  const variant = ((parseInt(digest.charAt(16), 16) & 3) | 8).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}

/** An id of its own, in the order of time: a UUID of version 7. */
export function freshDecisionId(decidedAt: Instant): string {
  const millis = (decidedAt / MICROS_PER_MILLI).toString(16).padStart(12, '0');
  return `${millis.slice(0, 8)}-${millis.slice(8)}-7${randomUUID().slice(15)}`;
}

/** Whether a text has the form of the ids above. */
export function isDecisionId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);
}

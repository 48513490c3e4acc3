import { expiryOf, newHoldId, type Hold } from '#libs/holds';
import { formatMoney, partitionOfScope, printLabels } from '#libs/ledger';
import { contentHash } from '#libs/wire';
import type { Decision } from '../decision';
import type { DecisionKeeper } from '../decisions/keep-decision';
import type { FlushView } from './flush-view';
import type { HoldOutcome } from './hold-outcome';
import type { TakeRequest } from './hold-request';
import { restoreDecision, storeDecision } from './stored-decision';

/** Sets money aside on every account of the call, or on none. */
export function takeHold(
  view: FlushView,
  request: TakeRequest,
  partitions: number,
  keeper: Pick<DecisionKeeper, 'idOf'>,
): HoldOutcome<Decision> {
  const { book } = view;
  const { caller, scope, labels, model = null, amountPico, idempotencyKey, onExpiry } = request;
  const question = { scope, labels, model: request.model, estimatePico: amountPico };
  const idempotency =
    idempotencyKey === null ? null : { key: idempotencyKey, bodyHash: bodyHashOf(request) };
  const known = idempotency ? book.findByKey(caller, idempotency.key) : undefined;
  if (known) return repeat(view, known, idempotency!.bodyHash);
  const decision = view.decide(question);
  if (decision === undefined) return { outcome: 'behind' };
  if (!decision.allowed) return { outcome: 'refused', decision, question };
  const hold: Hold = {
    scope,
    labels,
    model,
    onPools: true,
    amountPico,
    caller,
    idempotency,
    onExpiry,
    end: null,
    holdId: newHoldId(partitionOfScope(scope, partitions), book.now),
    createdAt: book.now,
    expiresAt: expiryOf(book.now, request.ttlSeconds),
    requestId: request.requestId,
    decisionId: keeper.idOf(decision, question),
    decision: idempotency ? storeDecision(decision) : null,
  };
  book.take(hold);
  return { outcome: 'taken', hold, decision, question, now: book.now, isRepeated: false };
}

function repeat({ book }: FlushView, hold: Hold, bodyHash: string): HoldOutcome<Decision> {
  if (hold.idempotency?.bodyHash !== bodyHash) return { outcome: 'key_reused' };
  if (!book.isLive(hold)) return { outcome: 'ended', hold, now: book.now };
  const decision = restoreDecision(hold.decision!, hold.labels ?? undefined);
  const { scope, labels, amountPico: estimatePico } = hold;
  const question = { scope, labels, model: hold.model ?? undefined, estimatePico };
  return { outcome: 'taken', hold, decision, question, now: book.now, isRepeated: true };
}

/** Of what is asked; how new the numbers must be is no part of it, and what is meant by default is left out. */
function bodyHashOf(request: TakeRequest): string {
  const { scope, amountPico, ttlSeconds, requestId, onExpiry, labels, model } = request;
  const amount = formatMoney(amountPico);
  const more = {
    ...(onExpiry === 'release' ? {} : { onExpiry }),
    ...(labels && { labels: printLabels(labels) }),
    ...(model === undefined ? {} : { model }),
  };
  return contentHash({ scope, amount, ttlSeconds, requestId, ...more });
}

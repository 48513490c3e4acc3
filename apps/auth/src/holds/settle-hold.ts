import {
  isAmendable,
  overrunOf,
  settleEventId,
  poolsOfSettle,
  type AmendedCall,
  type Hold,
  type SettledCall,
  type SettledHold,
} from '#libs/holds';
import { basisOf, formatInstant, formatMoney, priceUsage, type PriceBook } from '#libs/ledger';
import { contentHash } from '#libs/wire';
import type { Decision } from '../decision';
import type { FlushView } from './flush-view';
import type { HoldOutcome } from './hold-outcome';
import type { SettleRequest } from './hold-request';

/** What is to be recorded of a hold with the change of it: what its call cost, or a correction of that. */
export type NewHoldEvent =
  | { readonly hold: Hold; readonly call: SettledCall }
  | { readonly hold: Hold; readonly amended: AmendedCall };

/**
 * Turns what is held into what the call cost, also after the expiry: spent money is always recorded. Usage is priced as it
 * was when the hold was taken.
 */
export function settleHold(
  { book, mayClaim }: FlushView,
  hold: Hold,
  request: SettleRequest,
  prices: PriceBook | undefined,
  onEvent: (event: NewHoldEvent) => void,
): HoldOutcome<Decision> {
  const { time = book.now } = request;
  const cost = priceUsage(ofModel(hold, request.cost), prices, hold.createdAt);
  if (hold.end !== null && !isAmendable(hold)) {
    return isRepeat(hold, request, cost)
      ? settled(hold, true)
      : { outcome: 'ended', hold, now: book.now };
  }
  if (time < hold.createdAt || time > book.now) {
    return { outcome: 'time_outside', from: hold.createdAt, to: book.now };
  }
  if (!mayClaim) return { outcome: 'behind' };
  const settlement = {
    event: settleEventId(hold),
    actualPico: cost.amountPico,
    basis: basisOf(cost),
    bodyHash: bodyHashOf(request),
    pools: isAmendable(hold) ? hold.end.pools : poolsOfSettle(hold, hold.labels),
    model: cost.model ?? null,
  };
  if (!isAmendable(hold)) {
    const ended = book.settle(hold, settlement);
    onEvent({ hold: ended, call: { time, cost } });
    return settled(ended, false);
  }
  const { amountPico } = cost;
  if (amountPico !== undefined) onEvent({ hold, amended: { amountPico } });
  // Who does not know the cost has nothing to say against what was charged.
  const { actualPico = hold.end.actualPico } = settlement;
  return settled(book.amend(hold, { ...settlement, actualPico }), false);
}

/** The model of a hold, unless the settle says another. */
function ofModel({ model }: Hold, cost: SettledCall['cost']): SettledCall['cost'] {
  return model === null ? cost : { model, ...cost };
}

export function settled(hold: SettledHold, isRepeated: boolean): HoldOutcome<Decision> {
  const { event, late, expiryEvent, basis } = hold.end;
  const overrunPico = overrunOf(hold, hold.end);
  const isItsOwn = event.source === settleEventId(hold).source;
  const isAmended = isItsOwn && expiryEvent === 'amended' && basis !== 'unknown';
  return { outcome: 'settled', event, overrunPico, late, isRepeated, isAmended };
}

/** The same once more; or the same cost, where the spend came through another door. */
function isRepeat(
  hold: Hold,
  request: SettleRequest,
  cost: SettledCall['cost'],
): hold is SettledHold {
  const { end } = hold;
  if (end?.state !== 'settling') return false;
  if (end.bodyHash !== null) return end.bodyHash === bodyHashOf(request);
  // A correction carries no basis, so a restored one says nothing of it.
  const isSameBasis = end.expiryEvent === 'amended' || end.basis === basisOf(cost);
  return end.actualPico === cost.amountPico && isSameBasis;
}

/** Of what was said; a time that was not said is no part of it. */
function bodyHashOf({ cost, time }: SettleRequest): string {
  const { amountPico, ...more } = cost;
  return contentHash({
    ...more,
    ...(amountPico === undefined ? {} : { amount: formatMoney(amountPico) }),
    ...(time === undefined ? {} : { time: formatInstant(time) }),
  });
}

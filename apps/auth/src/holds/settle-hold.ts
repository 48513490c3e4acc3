import { overrunOf, settleEventId, type Hold, type SettledCall, type Settling } from '#libs/holds';
import { basisOf, formatInstant, formatMoney, priceUsage, type PriceBook } from '#libs/ledger';
import { contentHash } from '#libs/wire';
import type { Decision } from '../decision';
import type { FlushView } from './flush-view';
import type { HoldOutcome } from './hold-outcome';
import type { SettleRequest } from './hold-request';

/** A hold that was settled just now, whose event is to be recorded with it. */
export interface NewSettle {
  readonly hold: Hold;
  readonly call: SettledCall;
}

/**
 * Turns what is held into what the call cost, also after the expiry: spent money is recorded whenever it is told. Usage
 * is priced as it was when the hold was taken.
 */
export function settleHold(
  { book, mayClaim }: FlushView,
  hold: Hold,
  request: SettleRequest,
  prices: PriceBook | undefined,
  onSettled: (settle: NewSettle) => void,
): HoldOutcome<Decision> {
  const { time = book.now } = request;
  const cost = priceUsage(request.cost, prices, hold.createdAt);
  if (hold.end !== null) {
    return isRepeat(hold, request, cost)
      ? settled(hold, hold.end, true)
      : { outcome: 'ended', hold, now: book.now };
  }
  if (time < hold.createdAt || time > book.now) {
    return { outcome: 'time_outside', from: hold.createdAt, to: book.now };
  }
  if (!mayClaim) return { outcome: 'behind' };
  const ended = book.settle(hold, {
    event: settleEventId(hold),
    actualPico: cost.amountPico,
    basis: basisOf(cost),
    bodyHash: bodyHashOf(request),
  });
  onSettled({ hold: ended, call: { time, cost } });
  return settled(ended, ended.end as Settling, false);
}

function settled(hold: Hold, end: Settling, isRepeated: boolean): HoldOutcome<Decision> {
  const { event, late } = end;
  return { outcome: 'settled', event, overrunPico: overrunOf(hold, end), late, isRepeated };
}

/** The same once more; or the same cost, where the spend came through another door. */
function isRepeat(
  hold: Hold,
  request: SettleRequest,
  cost: SettledCall['cost'],
): hold is Hold & { readonly end: Settling } {
  const { end } = hold;
  if (end?.state !== 'settling') return false;
  if (end.bodyHash !== null) return end.bodyHash === bodyHashOf(request);
  return end.actualPico === cost.amountPico && end.basis === basisOf(cost);
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

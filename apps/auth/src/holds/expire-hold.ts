import { expiredCall, owesEvent, poolsOfSettle, settleEventId, type Hold } from '#libs/holds';
import type { Decision } from '../decision';
import type { FlushView } from './flush-view';
import type { HoldOutcome } from './hold-outcome';
import { settled, type NewHoldEvent } from './settle-hold';

/** Makes the event of a hold that has expired and owes one. Whatever became of it meanwhile stands. */
export function expireHold(
  { book, mayClaim }: FlushView,
  hold: Hold,
  onEvent: (event: NewHoldEvent) => void,
): HoldOutcome<Decision> {
  if (!owesEvent(hold, book.now)) return { outcome: 'ended', hold, now: book.now };
  if (!mayClaim) return { outcome: 'behind' };
  const call = expiredCall(hold);
  const { amountPico: actualPico, basis } = call.cost;
  const event = settleEventId(hold);
  const pools = poolsOfSettle(hold, hold.labels);
  const settlement = { event, actualPico, basis, bodyHash: null, pools, model: hold.model };
  const expired = book.settle(hold, settlement, { expiryEvent: 'recorded' });
  onEvent({ hold: expired, call });
  return settled(expired, false);
}

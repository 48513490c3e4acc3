import { owesEvent, type Hold, type HoldBook } from '#libs/holds';
import type { Decision } from '../decision';
import type { HoldOutcome } from './hold-outcome';

/** Sets free what is held; what was released or has expired is free already. */
export function releaseHold(book: HoldBook, hold: Hold): HoldOutcome<Decision> {
  if (hold.end?.state === 'settling' || owesEvent(hold, book.now)) {
    return { outcome: 'ended', hold, now: book.now };
  }
  if (hold.end === null && !book.isLive(hold)) return { outcome: 'released', amountPico: 0n };
  if (hold.end === null) book.release(hold);
  return { outcome: 'released', amountPico: hold.amountPico };
}

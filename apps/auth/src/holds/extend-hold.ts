import { expiryOf, type Hold } from '#libs/holds';
import type { Decision } from '../decision';
import type { FlushView } from './flush-view';
import type { Decided, HoldOutcome } from './hold-outcome';
import type { ExtendRequest } from './hold-request';

/** Gives a live hold more time, or another amount, or both; of a larger one the difference is asked, all or nothing. */
export function extendHold(
  view: FlushView,
  extended: Hold,
  { ttlSeconds, amountPico }: ExtendRequest,
): HoldOutcome<Decision> {
  const { book } = view;
  const { now } = book;
  if (!book.isLive(extended)) return { outcome: 'ended', hold: extended, now };
  const hold = book.takeOnPools(extended);
  let decided: Decided<Decision> | undefined;
  if (amountPico !== undefined) {
    const morePico = amountPico - hold.amountPico;
    const { scope, labels, model } = hold;
    const question = {
      scope,
      labels,
      model: model ?? undefined,
      estimatePico: morePico > 0n ? morePico : 0n,
    };
    const decision = view.decide(question);
    if (decision === undefined) return { outcome: 'behind' };
    if (!decision.allowed && morePico > 0n) {
      return { outcome: 'refused', decision, question, unchanged: { hold, now } };
    }
    decided = { decision, question };
  }
  const to = {
    amountPico: amountPico ?? hold.amountPico,
    expiresAt: ttlSeconds === undefined ? hold.expiresAt : expiryOf(now, ttlSeconds),
  };
  return { outcome: 'extended', hold: book.extend(hold, to), decided, now };
}

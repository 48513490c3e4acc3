import { eventKeyOf } from './event-key';
import type { LedgerEvent, LogMarked } from './ledger-event';
import { budgetRevisionId, priceBookId } from './write-event';

/** What is claimed before it is on the log. */
export type ClaimedFact = Exclude<LedgerEvent, LogMarked>;

/** The name that a fact is claimed under. */
export function keyOfFact(event: ClaimedFact): string {
  switch (event.kind) {
    case 'spend_recorded':
      return eventKeyOf(event.spend);
    case 'spend_adjusted':
      return eventKeyOf(event.adjustment);
    case 'budget_set':
      return eventKeyOf(budgetRevisionId(event.budget.budgetId, event.revision));
    case 'budget_removed':
      return eventKeyOf(budgetRevisionId(event.budgetId, event.revision));
    case 'prices_set':
      return eventKeyOf(priceBookId(event.book.version));
  }
}

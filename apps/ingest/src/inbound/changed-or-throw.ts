import { otherThanBound, type Caller } from '#libs/access';
import { Problem } from '#libs/runtime';
import type { ChangedBudget, ChangeOutcome } from '../budget-change';
import { budgetNotFound, etagMismatch } from './etag';

/** @throws Problem for every outcome but the one that was asked for */
export function changedOrThrow(outcome: ChangeOutcome, caller: Caller): ChangedBudget {
  switch (outcome.outcome) {
    case 'changed':
      return outcome;
    case 'forbidden':
      throw otherThanBound(caller);
    case 'not_found':
      throw budgetNotFound();
    case 'etag_mismatch':
      throw etagMismatch();
    case 'too_many':
      throw new Problem(
        'too_much',
        'The account has as many budgets as one may have (BUDGETS_PER_ACCOUNT). Remove one first.',
      );
    case 'contended':
      throw new Problem(
        'overloaded',
        'Other changes of this budget are under way. Send it again.',
        {
          retryAfterSeconds: 1,
        },
      );
  }
}

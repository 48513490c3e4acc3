import { isBoundToAccounts, type Caller } from '#libs/access';
import { Problem } from '#libs/runtime';
import type { AdjustmentOutcome } from '../record-adjustment';

/** Why an event was not recorded. */
export function recordRefusal(
  refused: Exclude<AdjustmentOutcome, { readonly outcome: 'recorded' }>,
  { bindings }: Pick<Caller, 'bindings'>,
): Problem {
  switch (refused.outcome) {
    case 'conflict': {
      const { recordedHash, givenHash, onRecord, differs } = refused;
      return new Problem(
        'event_conflict',
        'An event with this source and id is on record with other content.',
        // What is on record may be another's than the caller is bound to.
        {
          extra: isBoundToAccounts(bindings)
            ? { givenHash }
            : { recordedHash, givenHash, onRecord, ...(differs.length > 0 && { differs }) },
        },
      );
    }
    case 'forbidden':
      return new Problem(
        'forbidden',
        'The caller is bound to accounts, and what data.adjusts names is not in them.',
      );
    case 'unknown_event':
      return new Problem(
        'unknown_event',
        'What data.adjusts names is not on record as a spend; only spends can be corrected.',
      );
    case 'not_yet_visible':
      return new Problem(
        'not_yet_visible',
        'Whether what data.adjusts names is on record cannot be said yet: the ledger is behind its log.',
        { retryAfterSeconds: 1 },
      );
  }
}

import { leaveInOutbox, type Database } from '#libs/postgres';
import {
  budgetContentHash,
  budgetRevisionId,
  eventKeyOf,
  writeBudgetRevision,
  type BudgetRevision,
} from '#libs/wire';
import { claimEvents } from './claim-events';

export interface WantedRevision {
  readonly change: BudgetRevision;
  readonly partition: number;
  readonly caller: string;
}

/** `same`: another request has claimed this revision, for the same setting; `other`: for another one. */
export type RevisionClaim = 'claimed' | 'same' | 'other';

/**
 * Claims a revision of a budget and, in the same transaction, leaves its record in the outbox: who asked for it will
 * not send those bytes again, so the relay completes it whatever dies in between.
 */
export async function claimBudgetRevision(
  database: Database,
  { change, partition, caller }: WantedRevision,
): Promise<RevisionClaim> {
  const eventKey = eventKeyOf(budgetRevisionId(change.budgetId, change.revision));
  const contentHash = budgetContentHash(change);
  return database.atomically(async (client) => {
    const claims = await claimEvents(client, [{ eventKey, contentHash, partition }]);
    const held = claims.get(eventKey)!;
    const { isNew, recordedAt } = held;
    if (!isNew) return held.contentHash === contentHash ? 'same' : 'other';
    const record = writeBudgetRevision(change, { recordedAt, caller });
    await leaveInOutbox(client, [{ eventKey, partition, record }]);
    return 'claimed';
  });
}

/** Whether a revision exists, also when the projection does not have it yet. */
export async function isBudgetRevisionClaimed(
  database: Database,
  budgetId: string,
  revision: number,
): Promise<boolean> {
  const claim = await database.kysely
    .selectFrom('event_claim')
    .select('partition')
    .where('event_key', '=', eventKeyOf(budgetRevisionId(budgetId, revision)))
    .executeTakeFirst();
  return claim !== undefined;
}

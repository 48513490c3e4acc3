import { instantOf } from '#libs/ledger';
import type { Database } from '#libs/postgres';
import {
  budgetContentHash,
  budgetRevisionId,
  eventKeyOf,
  writeBudgetRevision,
  type BudgetRevision,
} from '#libs/wire';

/**
 * Claims a revision of a budget and, in the same transaction, leaves its record in the outbox: who asked for it will
 * not send those bytes again, so the relay completes it whatever dies in between.
 * @returns false: another administrator has this revision
 */
export async function claimBudgetRevision(
  database: Database,
  change: BudgetRevision,
  partition: number,
  caller: string,
): Promise<boolean> {
  const event_key = eventKeyOf(budgetRevisionId(change.budgetId, change.revision));
  return database.kysely.transaction().execute(async (trx) => {
    const claim = await trx
      .insertInto('event_claim')
      .columns(['event_key', 'content_hash', 'partition'])
      .expression(
        trx.selectNoFrom(({ val, cast }) => [
          cast(val(event_key), 'uuid').as('event_key'),
          val(budgetContentHash(change)).as('content_hash'),
          cast(val(partition), 'integer').as('partition'),
        ]),
      )
      .onConflict((conflict) => conflict.doNothing())
      .returning('recorded_at')
      .executeTakeFirst();
    if (!claim) return false;
    const record = writeBudgetRevision(change, {
      recordedAt: instantOf(claim.recorded_at),
      caller,
    });
    await trx
      .insertInto('outbox')
      .values({ event_key, partition, headers: record.headers, value: record.value })
      .execute();
    return true;
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

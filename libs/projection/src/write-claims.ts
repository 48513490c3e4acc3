import { sql, type Transaction } from 'kysely';
import { formatInstant } from '#libs/ledger';
import type { Tables } from '#libs/postgres';
import { budgetRevisionId, eventKeyOf } from '#libs/wire';
import type { Plan } from './plan-batch';

/**
 * Makes the claims again that the log's records were appended under: their database was lost, and without them an old
 * id could be recorded with other content. In the order of ingest's own, so that the two do not wait crosswise.
 */
export async function writeClaims(
  trx: Transaction<Tables>,
  partition: number,
  { spends, budgetChanges }: Plan,
): Promise<void> {
  const claims = [
    ...spends.map((event) => ({ ...event, key: eventKeyOf(event.spend) })),
    ...budgetChanges.map((change) => ({
      ...change,
      key: eventKeyOf(
        budgetRevisionId(
          change.kind === 'budget_set' ? change.budget.budgetId : change.budgetId,
          change.revision,
        ),
      ),
    })),
  ];
  if (claims.length === 0) return;
  await sql`
    insert into event_claim (event_key, content_hash, partition, recorded_at)
    select event_key, content_hash, ${partition}::int, recorded_at
    from unnest(
      ${claims.map(({ key }) => key)}::uuid[], ${claims.map(({ contentHash }) => contentHash)}::text[],
      ${claims.map(({ recordedAt }) => formatInstant(recordedAt))}::timestamptz[]
    ) as claim (event_key, content_hash, recorded_at)
    order by event_key
    on conflict do nothing`.execute(trx);
}

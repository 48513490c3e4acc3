import { formatInstant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { budgetRevisionId, eventKeyOf } from '#libs/wire';
import type { Plan } from './plan-batch';

const INSERT: PreparedStatement = {
  name: 'write-claims',
  text: `
    insert into event_claim (event_key, content_hash, partition, recorded_at)
    select event_key, content_hash, $1::int, recorded_at
    from unnest($2::uuid[], $3::text[], $4::timestamptz[])
      as claim (event_key, content_hash, recorded_at)
    order by event_key
    on conflict do nothing
    returning event_key`,
};

/**
 * Makes the claims again that the log's records were appended under: their database was lost, and without them an old
 * id could be recorded with other content. In the order of ingest's own, so that the two do not wait crosswise.
 * @returns the keys of the events whose claims were gone; a claim that stands was made in this database
 */
export async function writeClaims(
  client: Prepared,
  partition: number,
  { spends, adjustments, budgetChanges }: Plan,
): Promise<ReadonlySet<string>> {
  const claims = [
    ...spends.map((event) => ({ ...event, key: eventKeyOf(event.spend) })),
    ...adjustments.map((event) => ({ ...event, key: eventKeyOf(event.adjustment) })),
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
  if (claims.length === 0) return new Set();
  const made = await client.prepared<readonly [string]>(INSERT, [
    partition,
    claims.map(({ key }) => key),
    claims.map(({ contentHash }) => contentHash),
    claims.map(({ recordedAt }) => formatInstant(recordedAt)),
  ]);
  return new Set(made.map(([key]) => key));
}

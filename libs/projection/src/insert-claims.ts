import { formatInstant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import { keyOfFact, type ClaimedFact } from '#libs/wire';

/** In the order of ingest's own, so that the two do not wait crosswise. */
const INSERT: PreparedStatement = {
  name: 'insert-claims',
  text: `
    insert into event_claim (event_key, content_hash, partition, recorded_at)
    select * from unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[])
      as claim (event_key, content_hash, partition, recorded_at)
    order by event_key
    on conflict do nothing
    returning event_key`,
};

/** A fact that was recorded before, in the partition that it is or will be in. */
export interface RecordedFact {
  readonly event: ClaimedFact;
  readonly partition: number;
}

/** Claims facts as they were claimed when they were recorded. @returns the keys of those that nobody had claimed */
export async function insertClaims(
  client: Prepared,
  facts: readonly RecordedFact[],
): Promise<ReadonlySet<string>> {
  if (facts.length === 0) return new Set();
  const made = await client.prepared<readonly [string]>(INSERT, [
    facts.map(({ event }) => keyOfFact(event)),
    facts.map(({ event }) => event.contentHash),
    facts.map(({ partition }) => partition),
    facts.map(({ event }) => formatInstant(event.recordedAt)),
  ]);
  return new Set(made.map(([key]) => key));
}

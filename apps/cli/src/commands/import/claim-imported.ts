import { formatInstant } from '#libs/ledger';
import type { Database, Prepared, PreparedStatement } from '#libs/postgres';
import { restoreTaken } from '#libs/projection';
import type { LedgerEvent, SpendRecorded } from '#libs/wire';
import type { ImportedClaim } from './place-line';

const LET_IN: PreparedStatement = {
  name: 'let-import-in',
  text: `select set_config('spend_ledger.importing', 'yes', true)`,
};

const INSERT: PreparedStatement = {
  name: 'claim-imported',
  text: `
    insert into event_claim (event_key, content_hash, partition, recorded_at)
    select * from unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[])
      as claim (event_key, content_hash, partition, recorded_at)
    order by event_key
    on conflict do nothing
    returning event_key`,
};

/** Of other content than is imported now. */
const FOREIGN: PreparedStatement = {
  name: 'foreign-claims',
  text: `
    select claim.event_key
    from unnest($1::uuid[], $2::text[]) as given (event_key, content_hash)
    join event_claim claim using (event_key)
    where claim.content_hash <> given.content_hash`,
};

const FIND: PreparedStatement = {
  name: 'find-claims',
  text: 'select event_key, partition from event_claim where event_key = any($1::uuid[])',
};

/**
 * Claims events, and takes from accounts what the spends that settled a hold had taken: what they flip would else be
 * missing from what is held for others. Both once, however often the same are claimed.
 * @returns the keys that are claimed with other content
 */
export async function claimImported(
  database: Database,
  partitions: number,
  events: readonly (ImportedClaim & { readonly event: LedgerEvent })[],
): Promise<ReadonlySet<string>> {
  return database.atomically(async (client) => {
    await client.prepared(LET_IN, []);
    const keys = events.map(({ eventKey }) => eventKey);
    const hashes = events.map(({ contentHash }) => contentHash);
    const made = await client.prepared<readonly [string]>(INSERT, [
      keys,
      hashes,
      events.map(({ partition }) => partition),
      events.map(({ recordedAt }) => formatInstant(recordedAt)),
    ]);
    const spends = events
      .map(({ event }) => event)
      .filter((event): event is SpendRecorded => event.kind === 'spend_recorded');
    await restoreTaken(client, partitions, spends, new Set(made.map(([key]) => key)));
    const foreign = await client.prepared<readonly [string]>(FOREIGN, [keys, hashes]);
    return new Set(foreign.map(([key]) => key));
  });
}

/** In which partitions events were claimed. */
export async function findClaims(
  client: Prepared,
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (keys.length === 0) return new Map();
  return new Map(await client.prepared<readonly [string, number]>(FIND, [keys]));
}

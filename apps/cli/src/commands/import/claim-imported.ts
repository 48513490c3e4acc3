import { heldRestorer } from '#libs/holds';
import type { Database, Prepared, PreparedStatement } from '#libs/postgres';
import { holdFactsOf, insertClaims, type RecordedFact } from '#libs/projection';
import { keyOfFact } from '#libs/wire';

const LET_IN: PreparedStatement = {
  name: 'let-import-in',
  text: `select set_config('spend_ledger.importing', 'yes', true)`,
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
  facts: readonly RecordedFact[],
): Promise<ReadonlySet<string>> {
  return database.atomically(async (client) => {
    await client.prepared(LET_IN, []);
    const made = await insertClaims(client, facts);
    const events = facts.map(({ event }) => event);
    await heldRestorer(partitions).settle(client, holdFactsOf(events, made));
    const foreign = await client.prepared<readonly [string]>(FOREIGN, [
      events.map(keyOfFact),
      events.map(({ contentHash }) => contentHash),
    ]);
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

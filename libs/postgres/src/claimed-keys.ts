import type { Prepared, PreparedStatement } from './database';

const FIND: PreparedStatement = {
  name: 'find-claimed-keys',
  text: 'select event_key from event_claim where event_key = any($1::uuid[])',
};

/** Which of these events are claimed. */
export async function claimedKeys(
  client: Prepared,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const found = await client.prepared<readonly [string]>(FIND, [keys]);
  return new Set(found.map(([key]) => key));
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '#libs/ledger';
import type { Database, PreparedStatement } from '#libs/postgres';
import type { SpendLog } from '#libs/spend-log';

/** A spend that a correction names. */
export type FoundSpend =
  | { readonly outcome: 'found'; readonly partition: number; readonly scope: Scope }
  | { readonly outcome: 'unknown' | 'not_yet_visible' };

const POLL_MS = 10;

/** The claim says in which partition the event is; what it is, and whether it is on record, says the projection. */
const FIND: PreparedStatement = {
  name: 'find-spends',
  text: `
    select claim.event_key, claim.partition, spend.scope, reached.next_offset
    from event_claim claim
    join projection_partition reached on reached.partition = claim.partition
    left join lateral (
      select jsonb_strip_nulls(jsonb_build_object('type', spend.scope_type,
        'teamId', spend.team_id, 'userId', spend.user_id, 'keyId', spend.key_id)) as scope
      from spend_event spend
      where spend.partition = claim.partition and spend.event_key = claim.event_key
        and spend.adjusts_key is null
      limit 1
    ) spend on true
    where claim.event_key = any($1::uuid[])`,
};
type Row = readonly [key: string, partition: number, scope: Scope | null, nextOffset: bigint];

/**
 * Finds spends by their keys. One that is claimed but not in the projection may be on its way there: what the log has now
 * is waited for; what is not there then is no spend on record.
 * @param untilMs until when it waits, on the process's monotonic clock
 */
export async function findSpends(
  database: Database,
  log: SpendLog,
  keys: readonly string[],
  untilMs: number,
): Promise<(key: string) => FoundSpend> {
  let rows = await database.prepared<Row>(FIND, [keys]);
  if (rows.every(([, , scope]) => scope)) return finder(rows, () => true);
  const ends = await log.endOffsets();
  const isRead = ([, partition, , nextOffset]: Row) => nextOffset >= (ends.get(partition) ?? 0n);
  for (;;) {
    rows = await database.prepared<Row>(FIND, [keys]);
    if (rows.every((row) => row[2] !== null || isRead(row))) break;
    if (performance.now() >= untilMs) break;
    await sleep(POLL_MS);
  }
  return finder(rows, isRead);
}

function finder(rows: readonly Row[], isRead: (row: Row) => boolean): (key: string) => FoundSpend {
  const byKey = new Map(rows.map((row) => [row[0], row]));
  return (key) => {
    const row = byKey.get(key);
    if (!row) return { outcome: 'unknown' };
    if (row[2]) return { outcome: 'found', partition: row[1], scope: row[2] };
    return { outcome: isRead(row) ? 'unknown' : 'not_yet_visible' };
  };
}

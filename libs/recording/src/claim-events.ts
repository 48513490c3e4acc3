import { instantOf, type Instant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';

/** What an event is claimed with: for ever, one content under one key. */
export interface Claim {
  readonly eventKey: string;
  readonly contentHash: string;
  readonly partition: number;
}

/** The claim on an event key. */
export interface HeldClaim {
  readonly contentHash: string;
  readonly partition: number;
  readonly recordedAt: Instant;
  /** This call made the claim; otherwise it was there. */
  readonly isNew: boolean;
}

/** Sorted by key, so that two batches that claim the same events do not wait for each other crosswise. */
const INSERT: PreparedStatement = {
  name: 'claim-insert',
  text: `
    insert into event_claim (event_key, content_hash, partition)
    select * from unnest($1::uuid[], $2::text[], $3::int[]) as claim (event_key, content_hash, partition)
    order by event_key
    on conflict do nothing
    returning event_key, content_hash, partition, recorded_at`,
};

/**
 * A statement of its own: in the statement that met the conflict, the holder's row can still be invisible, and an
 * event would be neither new nor known.
 */
const HOLDERS: PreparedStatement = {
  name: 'claim-holders',
  text: `
    select event_key, content_hash, partition, recorded_at
    from event_claim where event_key = any($1::uuid[])`,
};

const SAME: PreparedStatement = {
  name: 'claim-of-content',
  text: 'select from event_claim where event_key = $1 and content_hash = $2',
};

type Row = readonly [eventKey: string, contentHash: string, partition: number, recordedAt: string];

/** Claims events, each key once; what is claimed already comes back as it was claimed. */
export async function claimEvents(
  client: Prepared,
  claims: readonly Claim[],
): Promise<ReadonlyMap<string, HeldClaim>> {
  const inserted = await client.prepared<Row>(INSERT, [
    claims.map(({ eventKey }) => eventKey),
    claims.map(({ contentHash }) => contentHash),
    claims.map(({ partition }) => partition),
  ]);
  const held = new Map(inserted.map((row) => [row[0], heldClaim(row, true)]));
  const others = claims.map(({ eventKey }) => eventKey).filter((key) => !held.has(key));
  return others.length > 0 ? new Map([...held, ...(await readClaims(client, others))]) : held;
}

/** What is claimed of these keys, and with what. */
export async function readClaims(
  client: Prepared,
  eventKeys: readonly string[],
): Promise<ReadonlyMap<string, HeldClaim>> {
  const holders = await client.prepared<Row>(HOLDERS, [eventKeys]);
  return new Map(holders.map((row) => [row[0], heldClaim(row, false)]));
}

/** Whether an event was claimed before with the same content. */
export async function isClaimed(
  client: Prepared,
  { eventKey, contentHash }: Omit<Claim, 'partition'>,
): Promise<boolean> {
  return (await client.prepared(SAME, [eventKey, contentHash])).length > 0;
}

function heldClaim([, contentHash, partition, recordedAt]: Row, isNew: boolean): HeldClaim {
  return { contentHash, partition, recordedAt: instantOf(recordedAt), isNew };
}

import type { Prepared, PreparedStatement } from './database';

/** A record as bytes. */
interface Bytes {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** A claimed record that ingest's relay appends to the log. */
export interface OutboxRecord {
  readonly eventKey: string;
  readonly partition: number;
  readonly record: Bytes;
  /** The key of an event that the log must have before it. */
  readonly afterKey?: string;
}

/** One that is to be claimed as well: its bytes come from nowhere else again. */
export interface ClaimedRecord extends OutboxRecord {
  readonly contentHash: string;
}

/** The claim has the time that the record says. */
const CLAIM: PreparedStatement = {
  name: 'claim-into-outbox',
  text: `
    insert into event_claim (event_key, content_hash, partition, recorded_at)
    select event_key, content_hash, partition, $4::timestamptz
    from unnest($1::uuid[], $2::text[], $3::int[]) as claim (event_key, content_hash, partition)
    order by event_key`,
};

/**
 * Claims events and leaves their records to ingest's relay, in the transaction of what they tell of. An event that is
 * claimed already fails it.
 * @param recordedAt as the records say it, RFC 3339
 */
export async function claimIntoOutbox(
  client: Prepared,
  records: readonly ClaimedRecord[],
  recordedAt: string,
): Promise<void> {
  if (records.length === 0) return;
  await Promise.all([
    client.prepared(CLAIM, [
      records.map(({ eventKey }) => eventKey),
      records.map(({ contentHash }) => contentHash),
      records.map(({ partition }) => partition),
      recordedAt,
    ]),
    leaveInOutbox(client, records),
  ]);
}

const LEAVE: PreparedStatement = {
  name: 'leave-in-outbox',
  text: `
    insert into outbox (event_key, partition, headers, value, after_key)
    select * from unnest($1::uuid[], $2::int[], $3::jsonb[], $4::bytea[], $5::uuid[])
    returning id`,
};

/** In the transaction of their claims. @returns the ids of the outbox's rows */
export async function leaveInOutbox(
  client: Prepared,
  records: readonly OutboxRecord[],
): Promise<bigint[]> {
  if (records.length === 0) return [];
  const rows = await client.prepared<readonly [bigint]>(LEAVE, [
    records.map(({ eventKey }) => eventKey),
    records.map(({ partition }) => partition),
    records.map(({ record }) => JSON.stringify(record.headers)),
    records.map(({ record }) => record.value),
    records.map(({ afterKey }) => afterKey ?? null),
  ]);
  return rows.map(([id]) => id);
}

/** A record that follows another has the higher id, so what is looked through for the other is what stands before it. */
const LOCK: PreparedStatement = {
  name: 'lock-outbox',
  text: `
    select id, partition, headers, value from outbox
    where after_key is null or not exists (
      select from outbox earlier
      where earlier.id < outbox.id and earlier.event_key = outbox.after_key)
    order by id limit $1 for update skip locked`,
};

/** The oldest that nobody else is about to append, and that follow none which the log may still lack. */
export async function lockOutbox(
  client: Prepared,
  most: number,
): Promise<(Bytes & { readonly id: bigint; readonly partition: number })[]> {
  const rows = await client.prepared<readonly [bigint, number, Bytes['headers'], Bytes['value']]>(
    LOCK,
    [most],
  );
  return rows.map(([id, partition, headers, value]) => ({ id, partition, headers, value }));
}

const FIND: PreparedStatement = {
  name: 'find-in-outbox',
  text: 'select event_key, headers, value from outbox where event_key = any($1::uuid[])',
};

/** Records that lie there, by the keys of their events; the log has the others. */
export async function findInOutbox(
  client: Prepared,
  eventKeys: readonly string[],
): Promise<ReadonlyMap<string, Bytes>> {
  if (eventKeys.length === 0) return new Map();
  const rows = await client.prepared<readonly [string, Bytes['headers'], Bytes['value']]>(FIND, [
    eventKeys,
  ]);
  return new Map(rows.map(([key, headers, value]) => [key, { headers, value }]));
}

const TAKE_OUT: PreparedStatement = {
  name: 'take-out-of-outbox',
  text: 'delete from outbox where id = any($1::bigint[])',
};

/** The log has them. */
export async function takeOutOfOutbox(client: Prepared, ids: readonly bigint[]): Promise<void> {
  if (ids.length > 0) await client.prepared(TAKE_OUT, [ids]);
}

const BACKLOG: PreparedStatement = {
  name: 'outbox-backlog',
  text: `
    select (select count(*) from (select from outbox limit $1) as counted)::int,
      (select extract(epoch from ledger_now() - recorded_at)
       from (select event_key, partition from outbox order by id limit 1) as oldest
       join event_claim using (event_key, partition))::float8`,
};

/** @param most how many it counts */
export async function readOutboxBacklog(
  client: Prepared,
  most: number,
): Promise<{ readonly pending: number; readonly oldestSeconds: number }> {
  const [row] = await client.prepared<readonly [number, number | null]>(BACKLOG, [most]);
  const [pending, oldestSeconds] = row!;
  return { pending, oldestSeconds: Math.max(0, oldestSeconds ?? 0) };
}

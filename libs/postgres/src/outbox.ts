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
}

const LEAVE: PreparedStatement = {
  name: 'leave-in-outbox',
  text: `
    insert into outbox (event_key, partition, headers, value)
    select * from unnest($1::uuid[], $2::int[], $3::jsonb[], $4::bytea[])
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
  ]);
  return rows.map(([id]) => id);
}

const LOCK: PreparedStatement = {
  name: 'lock-outbox',
  text: `
    select id, partition, headers, value from outbox
    order by id limit $1 for update skip locked`,
};

/** The oldest that nobody else is about to append. */
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

const TAKE_OUT: PreparedStatement = {
  name: 'take-out-of-outbox',
  text: 'delete from outbox where id = any($1::bigint[])',
};

/** The log has them. */
export async function takeOutOfOutbox(client: Prepared, ids: readonly bigint[]): Promise<void> {
  if (ids.length > 0) await client.prepared(TAKE_OUT, [ids]);
}

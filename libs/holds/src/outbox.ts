import type { Prepared, PreparedStatement } from '#libs/postgres';
import type { RecordBytes } from '#libs/wire';

/** A claimed record that ingest's relay appends to the log. */
export interface OutboxRecord {
  readonly eventKey: string;
  readonly partition: number;
  readonly record: RecordBytes;
}

const INSERT: PreparedStatement = {
  name: 'leave-in-outbox',
  text: `
    insert into outbox (event_key, partition, headers, value)
    select * from unnest($1::uuid[], $2::int[], $3::jsonb[], $4::bytea[])
    returning id`,
};

/** @returns the ids of the outbox's rows */
export async function leaveInOutbox(
  client: Prepared,
  records: readonly OutboxRecord[],
): Promise<bigint[]> {
  if (records.length === 0) return [];
  const rows = await client.prepared<readonly [bigint]>(INSERT, [
    records.map(({ eventKey }) => eventKey),
    records.map(({ partition }) => partition),
    records.map(({ record }) => JSON.stringify(record.headers)),
    records.map(({ record }) => record.value),
  ]);
  return rows.map(([id]) => id);
}

const DELETE: PreparedStatement = {
  name: 'take-out-of-outbox',
  text: 'delete from outbox where id = any($1::bigint[])',
};

/** The log has them. */
export async function takeOutOfOutbox(client: Prepared, ids: readonly bigint[]): Promise<void> {
  if (ids.length > 0) await client.prepared(DELETE, [ids]);
}

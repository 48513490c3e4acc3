import { instantOf, type Instant } from '#libs/ledger';
import type { Prepared, PreparedStatement } from '#libs/postgres';
import type { LogRecord } from '#libs/wire';

export interface ReadLimits {
  /** Most records of one partition in one read. */
  readonly records: number;
  /** Most bytes of one partition in one read; a single larger record still comes. */
  readonly bytes: number;
}

/** What one partition held when it was asked. */
export interface Read {
  readonly records: readonly LogRecord[];
  readonly endOffset: bigint;
  /** The database's clock, read before it looked at the log. */
  readonly at: Instant;
}

/**
 * `transaction_timestamp` is taken before the snapshot: what the statement sees is at least that new. A prepared
 * statement's own time is not: it is taken when the statement is executed, and its snapshot when it is bound.
 */
const READ: PreparedStatement = {
  name: 'log-read',
  text: `
    select wanted.partition, log_partition.end_offset,
           transaction_timestamp() + (ledger_now() - clock_timestamp()),
           record.log_offset, record.headers, record.value
    from unnest($1::int[], $2::bigint[]) as wanted (partition, next_offset)
    join log_partition using (partition)
    left join lateral (
      select log_offset, headers, value,
             sum(octet_length(value)) over (order by log_offset) - octet_length(value) as bytes_before
      from (
        select log_offset, headers, value from log_record
        where log_record.partition = wanted.partition
          and log_offset >= wanted.next_offset and log_offset < log_partition.end_offset
        order by log_offset limit $3
      ) next_records
    ) record on record.bytes_before < $4
    order by wanted.partition, record.log_offset`,
};

type Row = readonly [
  partition: number,
  endOffset: bigint,
  at: string,
  offset: bigint | null,
  headers: Record<string, string>,
  value: Buffer,
];

/** Reads several partitions on from their next offsets, in one snapshot. */
export async function readRecords(
  client: Prepared,
  nextOffsets: ReadonlyMap<number, bigint>,
  limits: ReadLimits,
): Promise<ReadonlyMap<number, Read>> {
  const rows = await client.prepared<Row>(READ, [
    [...nextOffsets.keys()],
    [...nextOffsets.values()],
    limits.records,
    limits.bytes,
  ]);
  const reads = new Map<number, Read & { records: LogRecord[] }>();
  for (const [partition, endOffset, at, offset, headers, value] of rows) {
    let read = reads.get(partition);
    if (!read) reads.set(partition, (read = { records: [], endOffset, at: instantOf(at) }));
    if (offset !== null) read.records.push({ partition, offset, headers, value });
  }
  return reads;
}

import type { Generated, GeneratedAlways } from 'kysely';

/** The end of one partition of the Postgres log: offsets come from here and from nowhere else. */
export interface LogPartitionTable {
  partition: number;
  end_offset: bigint;
}

export interface LogRecordTable {
  partition: number;
  log_offset: bigint;
  headers: Record<string, string>;
  value: Buffer;
  appended_at: Generated<string>;
}

/** Which reader has a partition of the Postgres log, until when by the database's clock. */
export interface LogLeaseTable {
  partition: number;
  owner: string | null;
  lease_until: string | null;
}

export interface LogReaderTable {
  reader: string;
  seen_until: string;
}

/** Insert-only, for ever: one content under one event key. */
export interface EventClaimTable {
  event_key: string;
  content_hash: string;
  partition: number;
  recorded_at: string;
}

/** Records that are claimed and not yet known to be on the log; ingest's relay appends them. */
export interface OutboxTable {
  id: GeneratedAlways<bigint>;
  event_key: string;
  partition: number;
  headers: Record<string, string>;
  value: Buffer;
  /** Of an event that the log must have before it. */
  after_key: string | null;
}

/** The export that the ledger is being filled from, or was; one row at most. */
export interface LogImportTable {
  singleton: Generated<boolean>;
  /** Of the file, as its last line says. */
  sha256: string;
  /** Between its first and its last. */
  lines: bigint;
  /** How many of them the log has. */
  done: Generated<bigint>;
  started_at: Generated<string>;
  finished_at: string | null;
}

import { sql } from 'kysely';
import type { Database } from '#libs/postgres';
import { ENTRY_COLUMNS, type EntryRow } from './entries/entry-row';
import { contentOfEntry, printEntry, type EventDocument } from './entries/print-entry';

/** A spend, or a correction of one, on record, as the projection has it. */
export interface RecordedSpend {
  readonly eventKey: string;
  readonly partition: number;
  readonly nextOffset: bigint;
  /** As callers see it. */
  readonly document: EventDocument;
  /** What it says: what its hash is of. */
  readonly content: object;
}

/** Finds spends and corrections by their partitions and keys; those that the projection does not have are left out. */
export async function readRecordedSpends(
  database: Database,
  wanted: readonly { readonly partition: number; readonly eventKey: string }[],
): Promise<ReadonlyMap<string, RecordedSpend>> {
  if (wanted.length === 0) return new Map();
  const partitions = [...new Set(wanted.map(({ partition }) => partition))];
  const keys = wanted.map(({ eventKey }) => eventKey);
  const { rows } = await sql<EntryRow>`
    select ${ENTRY_COLUMNS} from spend_event entry
    where partition in (${sql.join(partitions)}) and event_key in (${sql.join(keys)})`.execute(
    database.kysely,
  );
  return new Map(rows.map((row) => [row.event_key, recordedSpend(row)]));
}

function recordedSpend(row: EntryRow): RecordedSpend {
  return {
    eventKey: row.event_key,
    partition: row.partition,
    nextOffset: row.log_offset + 1n,
    document: printEntry(row),
    // Only a conflict asks.
    get content() {
      return contentOfEntry(row);
    },
  };
}

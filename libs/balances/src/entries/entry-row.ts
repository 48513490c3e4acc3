import { sql, type RawBuilder } from 'kysely';
import type { SpendEventTable } from '#libs/postgres';

/** An entry of money with all that its record said; times and money as Postgres has them. */
export type EntryRow = Omit<SpendEventTable, 'metadata' | 'prices'> & {
  readonly metadata_text: string | null;
  readonly currency: string;
  /** Of a correction, the source and the id of the spend that it corrects. */
  readonly adjusts: readonly [source: string, id: string] | null;
};

const COLUMNS: readonly Exclude<keyof EntryRow, 'metadata_text' | 'currency' | 'adjusts'>[] = [
  ...(['partition', 'log_offset', 'event_key', 'source', 'event_id', 'time'] as const),
  ...(['recorded_at', 'known_at', 'caller', 'content_hash'] as const),
  ...(['scope_type', 'key_id', 'user_id', 'team_id', 'amount', 'basis', 'request_id'] as const),
  ...(['hold_id', 'hold_outcome', 'hold_pools', 'model', 'labels', 'ledger_labels'] as const),
  ...(['usage', 'priced_by', 'extensions'] as const),
  ...(['adjusts_key', 'adjustment', 'stated', 'reason', 'adjusted_at'] as const),
];

/** What is selected of `spend_event entry` to have an `EntryRow`. */
export const ENTRY_COLUMNS: RawBuilder<EntryRow> = sql`
  ${sql.join(COLUMNS.map((column) => sql.ref(`entry.${column}`)))},
  entry.metadata::text as metadata_text,
  (select currency from ledger) as currency,
  case when entry.adjusts_key is not null then (
    select array[spend.source, spend.event_id] from spend_event spend
    where spend.partition = entry.partition and spend.event_key = entry.adjusts_key
  ) end as adjusts`;

import { sql } from 'kysely';
import { instantOf, picoOfDecimal, type Adjustment, type Labels, type Spend } from '#libs/ledger';
import type { SpendEventTable } from '#libs/postgres';
import { labelsWithout, readStoredMetadata, storedLabels, storedScope } from '#libs/wire';

/** Of an event's row what its content is made of; a correction comes with the name of its spend. */
export type ContentRow = Pick<
  SpendEventTable,
  | 'partition'
  | 'log_offset'
  | 'event_key'
  | 'source'
  | 'event_id'
  | 'time'
  | 'content_hash'
  | 'scope_type'
  | 'key_id'
  | 'user_id'
  | 'team_id'
  | 'amount'
  | 'basis'
  | 'request_id'
  | 'hold_id'
  | 'model'
  | 'labels'
  | 'ledger_labels'
  | 'usage'
  | 'priced_by'
  | 'adjustment'
  | 'stated'
  | 'reason'
  | 'adjusted_at'
> & {
  readonly metadata: string | null;
  readonly spend_source: string | null;
  readonly spend_id: string | null;
};

/** Selects them all. */
export const ENTRY_CONTENT = sql`
  select event.partition, event.log_offset, event.event_key, event.source, event.event_id, event.time,
         event.content_hash, event.scope_type, event.key_id, event.user_id, event.team_id, event.amount, event.basis,
         event.request_id, event.hold_id, event.model, event.labels, event.ledger_labels,
         event.usage, event.priced_by, event.adjustment, event.stated, event.reason, event.adjusted_at, event.metadata::text as metadata,
         spend.source as spend_source, spend.event_id as spend_id
  from spend_event event
  left join spend_event spend on spend.partition = event.partition and spend.event_key = event.adjusts_key`;

export function spendOfRow(row: ContentRow, currency: string): Spend {
  const labels = saidLabels(row);
  return {
    id: row.event_id,
    source: row.source,
    time: instantOf(row.time),
    scope: storedScope(row),
    ...(row.amount !== null && { amountPico: picoOfDecimal(row.amount) }),
    ...(row.usage !== null && { usage: row.usage }),
    ...(row.priced_by !== null && { pricedBy: row.priced_by }),
    currency,
    basis: row.basis,
    ...(row.request_id !== null && { requestId: row.request_id }),
    ...(row.hold_id !== null && { holdId: row.hold_id }),
    ...(row.model !== null && { model: row.model }),
    ...(labels && { labels }),
    ...(row.metadata !== null && { metadata: readStoredMetadata(row.metadata) }),
  };
}

/** What was filled in is no part of what the event says. */
function saidLabels({ labels, ledger_labels }: ContentRow): Labels | undefined {
  if (labels === null) return undefined;
  return labelsWithout(
    storedLabels(labels),
    ledger_labels ? storedLabels(ledger_labels) : undefined,
  );
}

/** `undefined`: its spend is not there, without which it cannot be read. */
export function adjustmentOfRow(row: ContentRow): Adjustment | undefined {
  const { spend_source, spend_id, adjustment, stated, reason, adjusted_at } = row;
  if (spend_source === null || spend_id === null) return undefined;
  return {
    id: row.event_id,
    source: row.source,
    time: instantOf(adjusted_at!),
    adjusts: { source: spend_source, id: spend_id },
    kind: adjustment!,
    reason: reason!,
    ...(adjustment === 'amend' && { amountPico: picoOfDecimal(stated!) }),
  };
}

import { instantOf, picoOfDecimal, type Adjustment, type Spend } from '#libs/ledger';
import type { SpendEventTable } from '#libs/postgres';
import { readStoredMetadata, storedScope } from '#libs/wire';

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
  | 'adjustment'
  | 'stated'
  | 'reason'
  | 'adjusted_at'
> & {
  readonly metadata: string | null;
  readonly spend_source: string | null;
  readonly spend_id: string | null;
};

export function spendOfRow(row: ContentRow, currency: string): Spend {
  return {
    id: row.event_id,
    source: row.source,
    time: instantOf(row.time),
    scope: storedScope(row),
    ...(row.amount !== null && { amountPico: picoOfDecimal(row.amount) }),
    currency,
    basis: row.basis,
    ...(row.request_id !== null && { requestId: row.request_id }),
    ...(row.hold_id !== null && { holdId: row.hold_id }),
    ...(row.model !== null && { model: row.model }),
    ...(row.metadata !== null && { metadata: readStoredMetadata(row.metadata) }),
  };
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

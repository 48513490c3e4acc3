import { parseStoredJson } from '#libs/json';
import { EVENT_TYPES } from '#libs/wire';
import type { EntryRow } from './entry-row';

/** A CloudEvent as JSON. */
export type EventDocument = Readonly<Record<string, unknown>>;

/** As callers see an entry: the CloudEvent that it was, with `recordedat`, `knownat` and `position`. */
export function printEntry(row: EntryRow): EventDocument {
  return document(row, {});
}

/** With all that the ledger wrote beside it: from this its record can be made again. */
export function printWholeEntry(row: EntryRow): EventDocument {
  return document(row, {
    caller: row.caller,
    contenthash: row.content_hash,
    ...(row.hold_outcome === null ? {} : { holdoutcome: row.hold_outcome }),
  });
}

function document(row: EntryRow, recording: Record<string, unknown>): EventDocument {
  const isSpend = row.adjusts_key === null;
  return {
    specversion: '1.0',
    id: row.event_id,
    source: row.source,
    type: isSpend ? EVENT_TYPES.spendRecorded : EVENT_TYPES.spendAdjusted,
    time: isSpend ? row.time : row.adjusted_at,
    datacontenttype: 'application/json',
    ...row.extensions,
    recordedat: row.recorded_at,
    knownat: row.known_at,
    position: `${row.partition}:${row.log_offset + 1n}`,
    ...recording,
    data: isSpend ? spendData(row) : adjustmentData(row),
  };
}

function spendData(row: EntryRow): EventDocument {
  return present({
    scope: present({
      type: row.scope_type,
      teamId: row.team_id,
      userId: row.user_id,
      keyId: row.key_id,
    }),
    amount: row.amount,
    currency: row.currency,
    basis: row.basis,
    requestId: row.request_id,
    holdId: row.hold_id,
    model: row.model,
    metadata: row.metadata_text === null ? null : parseStoredJson(row.metadata_text),
  });
}

function adjustmentData({ adjusts, adjustment, stated, reason }: EntryRow): EventDocument {
  return {
    adjusts: { source: adjusts![0], id: adjusts![1] },
    kind: adjustment,
    ...(adjustment === 'amend' ? { amount: stated } : {}),
    reason,
  };
}

function present(members: EventDocument): EventDocument {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
}

import { parseStoredJson } from '#libs/json';
import { formatMoney, picoOfDecimal, printLabels } from '#libs/ledger';
import {
  EVENT_TYPES,
  labelsWithout,
  printMarks,
  storedLabels,
  storedScope,
  type LabelMarks,
} from '#libs/wire';
import type { EntryRow } from './entry-row';

/** A CloudEvent as JSON. */
export type EventDocument = Readonly<Record<string, unknown>>;

/**
 * As callers see an entry: the CloudEvent that it was, with `recordedat`, `knownat`, `position` and its `caller`. Of usage
 * also what it came to (`ledgeramount`) by which prices (`ledgerprices`); without a price its basis is unknown.
 */
export function printEntry(row: EntryRow): EventDocument {
  const isUnpriced = row.usage !== null && row.amount === null;
  const shown = isUnpriced ? ({ ...row, basis: 'unknown' } as const) : row;
  const { ledgerlabels } = printMarks(marksOf(row));
  const filledIn = ledgerlabels === undefined ? {} : { ledgerlabels };
  return document(shown, { caller: row.caller, ...pricedOf(row), ...filledIn });
}

/** With all that the ledger wrote beside it: from this its record can be made again. */
export function printWholeEntry(row: EntryRow): EventDocument {
  return document(row, {
    caller: row.caller,
    contenthash: row.content_hash,
    ...(row.hold_outcome === null ? {} : { holdoutcome: row.hold_outcome }),
    ...pricedOf(row),
    ...printMarks(marksOf(row)),
  });
}

/** What an entry says: what its hash is of. */
export function contentOfEntry(row: EntryRow): object {
  const { type, time, data } = document(row, {});
  const { amount, ...rest } = data as EventDocument;
  return {
    type,
    time,
    ...rest,
    ...(typeof amount === 'string' && { amount: formatMoney(picoOfDecimal(amount)) }),
  };
}

function pricedOf({ amount, priced_by }: EntryRow): Record<string, string> {
  if (amount === null || priced_by === null) return {};
  return { ledgeramount: formatMoney(picoOfDecimal(amount)), ledgerprices: priced_by };
}

function marksOf({ ledger_labels, hold_pools }: EntryRow): LabelMarks {
  return {
    ...(ledger_labels !== null && { ledgerLabels: storedLabels(ledger_labels) }),
    ...(hold_pools === true && { holdPools: true }),
  };
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
  const data: Record<string, unknown> = { scope: storedScope(row) };
  if (row.usage !== null) data['usage'] = row.usage;
  else if (row.amount !== null) data['amount'] = row.amount;
  data['currency'] = row.currency;
  data['basis'] = row.basis;
  if (row.request_id !== null) data['requestId'] = row.request_id;
  if (row.hold_id !== null) data['holdId'] = row.hold_id;
  if (row.model !== null) data['model'] = row.model;
  const said = row.labels && labelsWithout(storedLabels(row.labels), marksOf(row).ledgerLabels);
  if (said) data['labels'] = printLabels(said);
  if (row.metadata_text !== null) data['metadata'] = parseStoredJson(row.metadata_text);
  return data;
}

function adjustmentData({ adjusts, adjustment, stated, reason }: EntryRow): EventDocument {
  return {
    adjusts: { source: adjusts![0], id: adjusts![1] },
    kind: adjustment,
    ...(adjustment === 'amend' ? { amount: stated } : {}),
    reason,
  };
}

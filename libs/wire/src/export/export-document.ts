import { EVENT_TYPES, OWN_SOURCES } from '../event-type';

/** Beside the ledger's events, what a file of an export has; each line is a CloudEvent. */
export const EXPORT_TYPES = {
  begun: 'spendledger.export.begun.v1',
  recordQuarantined: 'spendledger.record.quarantined.v1',
  ended: 'spendledger.export.ended.v1',
} as const;
export const EXPORTS_SOURCE = `${OWN_SOURCES}exports`;
export const QUARANTINE_SOURCE = `${OWN_SOURCES}quarantine`;

/** A month whose figures are those of a `knownAt`. */
export interface ExportedMonth {
  readonly month: string;
  readonly zone: string;
  readonly knownAt: string;
  readonly closedAt: string;
  readonly closedBy: string;
}

/** What an export is of: the first line says it. */
export interface ExportHead {
  readonly ledgerId: string;
  readonly currency: string;
  readonly partitions: number;
  /** Up to where the log is in it. */
  readonly position: string;
  /** When what came last was known, by partition: its line may not be there, as that of a mark. */
  readonly knownAt: Readonly<Record<string, string>>;
  /** Absent: it is of the whole ledger, and can be imported. */
  readonly filter?: Readonly<Record<string, string>>;
  readonly closedMonths: readonly ExportedMonth[];
}

/** The last line: without it the file was cut off. */
export interface ExportEnd {
  /** Lines between the first and the last. */
  readonly lines: number;
  /** In hex, of all bytes before this line. */
  readonly sha256: string;
}

/** @param at the instant that the export shows, RFC 3339 */
export function exportHeadDocument(head: ExportHead, at: string): object {
  return own(EXPORT_TYPES.begun, EXPORTS_SOURCE, `${head.ledgerId}/${at}`, { time: at }, head);
}

export function exportEndDocument(end: ExportEnd, head: ExportHead, at: string): object {
  const id = `${head.ledgerId}/${at}/end`;
  return own(EXPORT_TYPES.ended, EXPORTS_SOURCE, id, {}, end);
}

/** What stands aside: a record that could not be read, as it is. */
export function quarantinedDocument(record: {
  readonly partition: number;
  readonly offset: bigint;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}): object {
  const { partition, offset, reason, headers, value } = record;
  const position = `${partition}:${offset + 1n}`;
  const data = { reason, headers, value: value.toString('base64') };
  return own(EXPORT_TYPES.recordQuarantined, QUARANTINE_SOURCE, position, { position }, data);
}

/** One of the types that carry money or budgets, as the records of the log do. A mark says nothing that a line does not. */
export function isExportedFact(type: unknown): boolean {
  return type !== EVENT_TYPES.logMarked && Object.values<unknown>(EVENT_TYPES).includes(type);
}

function own(type: string, source: string, id: string, more: object, data: object): object {
  return {
    specversion: '1.0',
    id,
    source,
    type,
    ...more,
    datacontenttype: 'application/json',
    data,
  };
}

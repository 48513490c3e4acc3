import {
  formatInstant,
  parseId,
  parseInstant,
  parseMonth,
  parsePosition,
  secretFaults,
  type FieldError,
  type Instant,
  type Parsed,
} from '#libs/ledger';
import { MAX_AHEAD_MICROS } from '../parse-reported';
import type { ExportedMonth, ExportHead } from './export-document';

const MOST_PARTITIONS = 65_536;

/**
 * What no ledger would have said of itself in the first line.
 * @param at the instant that the export shows
 */
export function headFaults(head: ExportHead, at: Instant): FieldError[] {
  const { ledgerId, partitions, position, knownAt, closedMonths } = head;
  return [
    ...secretFaults(head, 'data'),
    ...errorsOf(parseId(ledgerId, 'data.ledgerId')),
    ...(partitions >= 1 && partitions <= MOST_PARTITIONS
      ? []
      : [fault('data.partitions', `must be a whole number from 1 to ${MOST_PARTITIONS}`)]),
    ...(position === '' ? [] : errorsOf(parsePosition(position, 'data.position'))),
    ...Object.entries(knownAt).flatMap(([partition, time]) =>
      isPartition(partition, partitions)
        ? timeFaults(time, `data.knownAt.${partition}`, at)
        : [fault('data.knownAt', 'names a partition that the ledger has not')],
    ),
    ...closedMonths.flatMap((month, n) => monthFaults(month, `data.closedMonths[${n}]`, at)),
    ...(new Set(closedMonths.map(({ month, zone }) => `${month} ${zone}`)).size <
    closedMonths.length
      ? [fault('data.closedMonths', 'has a month twice')]
      : []),
  ];
}

function monthFaults(closed: ExportedMonth, field: string, at: Instant): FieldError[] {
  return [
    ...errorsOf(parseMonth(closed.month, closed.zone, `${field}.month`)),
    ...errorsOf(parseId(closed.closedBy, `${field}.closedBy`)),
    ...timeFaults(closed.knownAt, `${field}.knownAt`, at),
    ...timeFaults(closed.closedAt, `${field}.closedAt`, at),
  ];
}

function timeFaults(text: string, field: string, at: Instant): readonly FieldError[] {
  const time = parseInstant(text, field);
  if (!time.ok) return time.errors;
  return time.value <= at + MAX_AHEAD_MICROS
    ? []
    : [fault(field, `is after ${formatInstant(at)}, when the export was made`)];
}

function isPartition(text: string, partitions: number): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) < partitions;
}

function errorsOf(read: Parsed<unknown>): readonly FieldError[] {
  return read.ok ? [] : read.errors;
}

function fault(field: string, message: string): FieldError {
  return { field, rule: 'export', message };
}

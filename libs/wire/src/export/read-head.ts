import { isObject, parsed, parseInstant, refused, type Parsed } from '#libs/ledger';
import {
  EXPORT_TYPES,
  EXPORTS_SOURCE,
  type ExportedMonth,
  type ExportHead,
} from './export-document';
import { readOwn } from './read-own';

/** @returns with the instant that the export shows */
export function readExportHead(
  text: string,
): Parsed<{ readonly head: ExportHead; readonly at: string }> {
  const event = readOwn(text, EXPORT_TYPES.begun, EXPORTS_SOURCE);
  if (!event.ok) return event;
  const { ledgerId, currency, partitions, position, knownAt, filter, closedMonths } =
    event.value.data;
  const isWhole =
    [ledgerId, currency, position].every((member) => typeof member === 'string') &&
    Number.isInteger(partitions) &&
    isObject(knownAt) &&
    Object.values(knownAt).every((at) => parseInstant(at, '').ok) &&
    Array.isArray(closedMonths) &&
    closedMonths.every(isMonth);
  if (!isWhole) return refused('data', 'export', 'does not say which ledger was exported');
  const head: ExportHead = {
    ledgerId: ledgerId as string,
    currency: currency as string,
    partitions: partitions as number,
    position: position as string,
    knownAt: knownAt as Record<string, string>,
    ...(filter === undefined ? {} : { filter: filter as Record<string, string> }),
    closedMonths,
  };
  return parsed({ head, at: String(event.value.time) });
}

function isMonth(value: unknown): value is ExportedMonth {
  if (!isObject(value)) return false;
  const { month, zone, knownAt, closedAt, closedBy } = value;
  return (
    [month, zone, closedBy].every((member) => typeof member === 'string') &&
    [knownAt, closedAt].every((member) => parseInstant(member, '').ok)
  );
}

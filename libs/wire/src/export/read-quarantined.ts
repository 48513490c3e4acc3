import { isObject, parsed, refused, type Parsed } from '#libs/ledger';
import type { CloudEvent } from '../cloud-event';
import { EXPORT_TYPES, QUARANTINE_SOURCE } from './export-document';
import type { ExportLine } from './export-line';
import { ownOf } from './read-own';

/** A record that stood aside, with its bytes. */
export function readQuarantined(
  line: CloudEvent,
  place: Pick<ExportLine, 'partition' | 'offset'>,
): Parsed<ExportLine> {
  const event = ownOf(line, EXPORT_TYPES.recordQuarantined, QUARANTINE_SOURCE);
  if (!event.ok) return event;
  const { reason, headers, value } = event.value.data;
  const isRecord =
    isObject(headers) &&
    Object.values(headers).every((header) => typeof header === 'string') &&
    typeof value === 'string' &&
    typeof reason === 'string';
  const bytes = isRecord ? Buffer.from(value, 'base64') : undefined;
  if (!bytes || bytes.toString('base64') !== value) {
    return refused(
      'data',
      'record',
      'must have the reason, the headers and, in base64, the value of a record',
    );
  }
  const record = { headers: headers as Record<string, string>, value: bytes };
  return parsed({ kind: 'quarantined', ...place, record, reason: reason as string });
}

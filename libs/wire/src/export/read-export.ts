import { parseStoredJson } from '#libs/json';
import { parsed, parseInstant, refused, type Instant, type Parsed } from '#libs/ledger';
import { readStructuredEvent, type CloudEvent } from '../cloud-event';
import { adjustmentContentHash, spendContentHash } from '../content-hash';
import type { ClaimedFact } from '../key-of-fact';
import type { SpendRules } from '../parse-spend';
import { readFactOf } from '../read-event';
import type { RecordBytes } from '../record';
import { budgetContentHash } from '../write-event';
import {
  EXPORT_TYPES,
  EXPORTS_SOURCE,
  isExportedFact,
  QUARANTINE_SOURCE,
  type ExportedMonth,
  type ExportEnd,
  type ExportHead,
} from './export-document';

/** A line between the first and the last. */
export type ExportLine = {
  /** Where its record stood in the ledger that was exported. */
  readonly partition: number;
  readonly offset: bigint;
  /** As a record of a log. */
  readonly record: RecordBytes;
} & (
  | { readonly kind: 'fact'; readonly event: ClaimedFact; readonly knownAt: Instant }
  | { readonly kind: 'quarantined'; readonly reason: string }
);

const POSITION = /^(0|[1-9]\d{0,4}):([1-9]\d{0,18})$/;
const NOT_EXPORTED = 'is of no type that an export has';
const SHA256 = /^[0-9a-f]{64}$/;
/** What a line has beside the attributes of its record. */
const OF_THE_EXPORT = new Set(['position', 'knownat', 'datacontenttype']);

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

/** @returns `undefined`: the line is not the last one */
export function readExportEnd(text: string): ExportEnd | undefined {
  if (!text.includes(EXPORT_TYPES.ended)) return undefined;
  const event = readOwn(text, EXPORT_TYPES.ended, EXPORTS_SOURCE);
  if (!event.ok) return undefined;
  const { lines, sha256 } = event.value.data;
  const isEnd = Number.isSafeInteger(lines) && typeof sha256 === 'string' && SHA256.test(sha256);
  return isEnd ? { lines: lines as number, sha256 } : undefined;
}

/** Reads a line by the rules that its record obeys on the log, and holds its content against its hash. */
export function readExportLine(text: string, rules: SpendRules): Parsed<ExportLine> {
  const read = readLine(text);
  if (!read.ok) return read;
  const { attributes, data } = read.value;
  const [, partition, nextOffset] = POSITION.exec(String(attributes['position'])) ?? [];
  if (nextOffset === undefined) return refused('position', 'position', 'must be of one partition');
  const place = { partition: Number(partition), offset: BigInt(nextOffset) - 1n };
  if (attributes['type'] === EXPORT_TYPES.recordQuarantined) return readQuarantined(text, place);
  if (!isExportedFact(attributes['type'])) {
    return refused('type', 'one_of', NOT_EXPORTED);
  }
  const knownAt = parseInstant(attributes['knownat'], 'knownat');
  if (!knownAt.ok) return knownAt;
  const fact = withoutPlace(attributes);
  const event = readFactOf({ attributes: fact, data }, rules);
  if (!event.ok) return event;
  if (event.value.kind === 'log_marked') return refused('type', 'one_of', NOT_EXPORTED);
  if (hashOf(event.value) !== event.value.contentHash) {
    return refused('contenthash', 'sha256', 'is not the hash of what the event says');
  }
  return parsed({
    ...{ kind: 'fact', ...place, event: event.value, knownAt: knownAt.value },
    get record() {
      return recordOf(fact, data);
    },
  });
}

function readQuarantined(
  text: string,
  place: Pick<ExportLine, 'partition' | 'offset'>,
): Parsed<ExportLine> {
  const event = readOwn(text, EXPORT_TYPES.recordQuarantined, QUARANTINE_SOURCE);
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

function withoutPlace(attributes: CloudEvent['attributes']): CloudEvent['attributes'] {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name]) => !OF_THE_EXPORT.has(name)),
  );
}

function recordOf(attributes: CloudEvent['attributes'], data: unknown): RecordBytes {
  const headers = Object.entries(attributes).map(
    ([name, value]) => [`ce_${name}`, String(value)] as const,
  );
  return {
    headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' },
    value: Buffer.from(JSON.stringify(data ?? null)),
  };
}

function hashOf(event: ClaimedFact): string {
  switch (event.kind) {
    case 'spend_recorded':
      return spendContentHash(event.spend);
    case 'spend_adjusted':
      return adjustmentContentHash(event.adjustment);
    case 'budget_set':
    case 'budget_removed': {
      const budget = event.kind === 'budget_set' ? event.budget : null;
      const budgetId = event.kind === 'budget_set' ? event.budget.budgetId : event.budgetId;
      return budgetContentHash({ budgetId, revision: event.revision, budget });
    }
  }
}

function readOwn(
  text: string,
  type: string,
  source: string,
): Parsed<{ readonly time: unknown; readonly data: Readonly<Record<string, unknown>> }> {
  const read = readLine(text);
  if (!read.ok) return read;
  const { attributes, data } = read.value;
  return attributes['type'] === type && attributes['source'] === source && isObject(data)
    ? parsed({ time: attributes['time'], data })
    : refused('type', 'one_of', `must be ${type} of ${source}`);
}

function readLine(text: string): Parsed<CloudEvent> {
  try {
    return readStructuredEvent(parseStoredJson(text));
  } catch {
    return refused('', 'json', 'is not JSON');
  }
}

function isMonth(value: unknown): value is ExportedMonth {
  if (!isObject(value)) return false;
  const { month, zone, knownAt, closedAt, closedBy } = value;
  return (
    [month, zone, closedBy].every((member) => typeof member === 'string') &&
    [knownAt, closedAt].every((member) => parseInstant(member, '').ok)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

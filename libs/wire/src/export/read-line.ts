import { readJson } from '#libs/json';
import { parsed, parseInstant, refused, type Instant, type Parsed } from '#libs/ledger';
import { readStructuredEvent, type CloudEvent } from '../cloud-event';
import { adjustmentContentHash, spendContentHash } from '../content-hash';
import type { ClaimedFact } from '../key-of-fact';
import type { SpendRules } from '../parse-spend';
import { readFactOf } from '../read-event';
import type { RecordBytes } from '../record';
import { JSON_BODY } from '../request-limits';
import { budgetContentHash, priceBookHash } from '../write-event';
import { EXPORT_TYPES, isExportedFact } from './export-document';
import type { ExportLine } from './export-line';
import { asideFaults } from './aside-faults';
import { factFaults } from './fact-faults';
import { readLine } from './read-own';
import { readQuarantined } from './read-quarantined';

const POSITION = /^(0|[1-9]\d{0,4}):([1-9]\d{0,18})$/;
const NOT_EXPORTED = 'is of no type that an export has';
/** What a line has beside the attributes of its record. */
const OF_THE_EXPORT = new Set(['position', 'knownat', 'datacontenttype']);

/**
 * Reads a line as strictly as the doors read what strangers send, and by their rules: nobody knows who wrote the file.
 * @param rules with the instant that the export shows
 */
export function checkExportLine(
  bytes: Uint8Array,
  rules: SpendRules & { readonly at: Instant },
): Parsed<ExportLine> {
  const json = readJson(bytes, JSON_BODY);
  if (!json.ok) return json;
  const event = readStructuredEvent(json.value);
  if (!event.ok) return event;
  const line = readLineOf(event.value, rules);
  if (!line.ok) return line;
  const faults =
    line.value.kind === 'fact'
      ? factFaults(event.value, line.value.event, { knownAt: line.value.knownAt, at: rules.at })
      : asideFaults(event.value);
  return faults.length > 0 ? { ok: false, errors: faults } : line;
}

/** Reads a line by the rules that its record obeys on the log, and holds its content against its hash. */
export function readExportLine(text: string, rules: SpendRules): Parsed<ExportLine> {
  const read = readLine(text);
  return read.ok ? readLineOf(read.value, rules) : read;
}

function readLineOf({ attributes, data }: CloudEvent, rules: SpendRules): Parsed<ExportLine> {
  const { position } = attributes;
  const [, partition, nextOffset] =
    typeof position === 'string' ? (POSITION.exec(position) ?? []) : [];
  if (nextOffset === undefined) return refused('position', 'position', 'must be of one partition');
  const place = { partition: Number(partition), offset: BigInt(nextOffset) - 1n };
  if (attributes['type'] === EXPORT_TYPES.recordQuarantined) {
    return readQuarantined({ attributes, data }, place);
  }
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
    case 'prices_set':
      return priceBookHash(event.book);
  }
}

import { parseStoredJson } from '#libs/json';
import {
  formatInstant,
  parsed,
  refused,
  type EventId,
  type Instant,
  type Parsed,
} from '#libs/ledger';
import { readStructuredEvent, type CloudEvent } from './cloud-event';
import type { HoldEffect } from './ledger-event';
import { printMarks, type LabelMarks } from './ledger-marks';

/** A record of the log as bytes: CloudEvents' Kafka binding, headers and value. */
export interface RecordBytes {
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

/** A record where the log has it. */
export interface LogRecord extends RecordBytes {
  readonly partition: number;
  readonly offset: bigint;
}

/** What the ledger adds when it records: when, at whose word, and the hash of what was said. */
export interface Recording extends LabelMarks {
  readonly recordedAt: Instant;
  readonly caller: string;
  readonly contentHash: string;
  /** What became of the hold that a spend names; absent where it names none. */
  readonly holdOutcome?: HoldEffect;
  /** What the usage of a spend comes to; absent where it says none, or has no price. */
  readonly priced?: Priced;
}

/** What the ledger made of usage: the first record of an event counts, whatever the prices are later. */
export interface Priced {
  /** Money as it is printed. */
  readonly amount: string;
  readonly version: string;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Writes an event in binary mode: attributes in `ce_` headers, data as JSON in the value. */
export function writeRecord(
  event: EventId & {
    readonly type: string;
    readonly time: Instant;
    readonly extensions: Readonly<Record<string, string>>;
    readonly data: object;
  },
  recording: Recording,
): RecordBytes {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_time: formatInstant(event.time),
    'content-type': 'application/json',
  };
  for (const [name, value] of Object.entries(event.extensions)) headers[`ce_${name}`] = value;
  headers['ce_recordedat'] = formatInstant(recording.recordedAt);
  headers['ce_caller'] = recording.caller;
  headers['ce_contenthash'] = recording.contentHash;
  if (recording.holdOutcome !== undefined) headers['ce_holdoutcome'] = recording.holdOutcome;
  if (recording.priced !== undefined) {
    headers['ce_ledgeramount'] = recording.priced.amount;
    headers['ce_ledgerprices'] = recording.priced.version;
  }
  for (const [name, text] of Object.entries(printMarks(recording))) headers[`ce_${name}`] = text;
  return { headers, value: Buffer.from(JSON.stringify(event.data)) };
}

/** Reads a record in binary or structured mode. */
export function readRecord({ headers, value }: RecordBytes): Parsed<CloudEvent> {
  const mediaType = headers['content-type'] ?? '';
  let body: unknown;
  try {
    body = parseStoredJson(UTF8.decode(value));
  } catch {
    return refused('', 'json', 'the record is not JSON in UTF-8');
  }
  if (/^application\/cloudevents/i.test(mediaType)) return readStructuredEvent(body);
  const attributes: Record<string, unknown> = { datacontenttype: mediaType };
  for (const [name, text] of Object.entries(headers)) {
    if (name.startsWith('ce_')) attributes[name.slice('ce_'.length)] = text;
  }
  return parsed({ attributes, data: body });
}

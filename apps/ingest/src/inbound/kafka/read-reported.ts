import { readJson } from '#libs/json';
import { parsed, refused, type FieldError, type Parsed } from '#libs/ledger';
import { isJsonType, mediaTypeOf } from '#libs/runtime';
import type { ReportedRecord } from '#libs/spend-log';
import { EVENT_DATA, JSON_BODY, readGivenEvent, type CloudEvent } from '#libs/wire';

const CONTENT_TYPE = 'content-type';
const ATTRIBUTE = 'ce_';
const STRUCTURED = 'application/cloudevents+json';

/**
 * Reads a CloudEvent out of a record, in the modes of its Kafka binding: binary and structured. A value that is a whole
 * event is one, whatever its content type says: some SDKs write none, or that of the data.
 */
export function readReported(record: ReportedRecord): Parsed<CloudEvent> {
  const headers = readHeaders(record);
  if (!headers.ok) return headers;
  const mediaType = mediaTypeOf(headers.value.get(CONTENT_TYPE) ?? 'application/json');
  if (!mediaType.isUtf8) return refused(CONTENT_TYPE, 'utf8', 'must be in UTF-8');
  const value = record.value ?? NOTHING;
  const attributes = attributesIn(headers.value);
  const isStructured = mediaType.type === STRUCTURED;
  if (isStructured || attributes.size === 0) {
    const tree = readJson(value, JSON_BODY);
    if (tree.ok && (isStructured || isWholeEvent(tree.value))) return readGivenEvent(tree.value);
    if (isStructured && !tree.ok) return tree;
  }
  if (mediaType.type.startsWith('application/cloudevents')) {
    return refused(CONTENT_TYPE, 'media_type', `must be ${STRUCTURED}`);
  }
  if (!isJsonType(mediaType)) {
    return refused(CONTENT_TYPE, 'media_type', 'must be application/json, or a CloudEvent in JSON');
  }
  const data = readJson(value, EVENT_DATA);
  if (!data.ok) return data;
  if (attributes.has('data')) return refused('data', 'reserved', 'is the value in binary mode');
  return parsed({
    attributes: { datacontenttype: mediaType.type, ...Object.fromEntries(attributes) },
    data: data.value,
  });
}

/** The attributes in headers; without any there is no event in binary mode. */
function attributesIn(headers: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [name, value] of headers) {
    if (name.startsWith(ATTRIBUTE)) attributes.set(name.slice(ATTRIBUTE.length), value);
  }
  return attributes;
}

/** The data of an event in binary mode have no `specversion`. */
function isWholeEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'specversion');
}

const NOTHING = new Uint8Array(0);

/** The headers that the binding knows; what else a record has there is its sender's own business. */
function readHeaders({ headers }: ReportedRecord): Parsed<ReadonlyMap<string, string>> {
  const errors: FieldError[] = [];
  const read = new Map<string, string>();
  for (const [name, values] of headers) {
    if (name !== CONTENT_TYPE && !name.startsWith(ATTRIBUTE)) continue;
    const field = name.startsWith(ATTRIBUTE) ? name.slice(ATTRIBUTE.length) : name;
    const text = textOf(values[0]!);
    if (values.length > 1) {
      errors.push({ field, rule: 'single', message: 'has its header twice' });
    } else if (text === undefined) {
      errors.push({ field, rule: 'utf8', message: 'must be UTF-8' });
    } else {
      read.set(name, text);
    }
  }
  return errors.length > 0 ? { ok: false, errors } : parsed(read);
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

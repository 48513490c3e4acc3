import { readJson, type TreeLimits } from '#libs/json';
import { parsed, redactSecrets, refused, type FieldError, type Parsed } from '#libs/ledger';
import { isJsonType, mediaTypeOf } from '#libs/runtime';
import type { ReportedRecord } from '#libs/spend-log';
import { JSON_BODY, readStructuredEvent, REQUEST_LIMITS, type CloudEvent } from '#libs/wire';

/** Data lies one level deep in its event. */
const BINARY_DATA: TreeLimits = { maxDepth: REQUEST_LIMITS.depth - 1, redact: redactSecrets };
const CONTENT_TYPE = 'content-type';
const ATTRIBUTE = 'ce_';

/** Reads a CloudEvent out of a record, in the modes of its Kafka binding: binary and structured. */
export function readReported(record: ReportedRecord): Parsed<CloudEvent> {
  const headers = readHeaders(record);
  if (!headers.ok) return headers;
  const mediaType = mediaTypeOf(headers.value.get(CONTENT_TYPE) ?? 'application/json');
  if (!mediaType.isUtf8) return refused(CONTENT_TYPE, 'utf8', 'must be in UTF-8');
  if (mediaType.type.startsWith('application/cloudevents')) {
    if (mediaType.type !== 'application/cloudevents+json') {
      return refused(CONTENT_TYPE, 'media_type', 'must be application/cloudevents+json');
    }
    const tree = readJson(record.value ?? NOTHING, JSON_BODY);
    return tree.ok ? readStructuredEvent(tree.value) : tree;
  }
  if (!isJsonType(mediaType)) {
    return refused(CONTENT_TYPE, 'media_type', 'must be application/json, or a CloudEvent in JSON');
  }
  const data = readJson(record.value ?? NOTHING, BINARY_DATA);
  if (!data.ok) return data;
  const attributes: Record<string, string> = {};
  for (const [name, value] of headers.value) {
    if (name.startsWith(ATTRIBUTE)) attributes[name.slice(ATTRIBUTE.length)] = value;
  }
  if ('data' in attributes) return refused('data', 'reserved', 'is the value in binary mode');
  return parsed({
    attributes: { datacontenttype: mediaType.type, ...attributes },
    data: data.value,
  });
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

import { readJson, type TreeLimits } from '#libs/json';
import { parsed, redactSecrets, refused, type FieldError, type Parsed } from '#libs/ledger';
import { readStructuredEvent, type CloudEvent } from './cloud-event';
import { REQUEST_LIMITS } from './request-limits';

/** How the data of an event are read where they stand alone: one level deep in their event. */
export const EVENT_DATA: TreeLimits = {
  maxDepth: REQUEST_LIMITS.depth - 1,
  redact: redactSecrets,
};

const IN_BASE64 = 'data_base64';

/**
 * Takes a structured CloudEvent apart as a stranger sends it. Its data may stand in `data_base64` in place of `data`, as
 * SDKs write data that they hold as bytes: the same event.
 */
export function readGivenEvent(value: unknown): Parsed<CloudEvent> {
  const event = readStructuredEvent(value);
  if (!event.ok) return event;
  const { [IN_BASE64]: encoded, ...attributes } = event.value.attributes;
  if (encoded === undefined) return event;
  if (event.value.data !== undefined) {
    return refused(IN_BASE64, 'absent', 'must be absent where there is data: send one of the two');
  }
  const data = decode(encoded);
  return data.ok ? parsed({ attributes, data: data.value }) : data;
}

function decode(encoded: unknown): Parsed<unknown> {
  if (typeof encoded !== 'string') return refused(IN_BASE64, 'string', 'must be a string');
  const bytes = Buffer.from(encoded, 'base64');
  // What was read more leniently than RFC 4648 §4 has it does not come out as it went in.
  if (bytes.toString('base64') !== encoded) {
    return refused(IN_BASE64, 'base64', 'must be base64 with its padding, and nothing else');
  }
  const data = readJson(bytes, EVENT_DATA);
  if (data.ok) return data;
  return { ok: false, errors: data.errors.map((error) => ({ ...error, field: fieldOf(error) })) };
}

/** The whole is named as it came, and a place inside as in data that are written out. */
function fieldOf({ field }: FieldError): string {
  if (field === '') return IN_BASE64;
  return field.startsWith('[') ? `data${field}` : `data.${field}`;
}

import { parseStoredJson } from '#libs/json';
import { isObject, parsed, refused, type Parsed } from '#libs/ledger';
import { readStructuredEvent, type CloudEvent } from '../cloud-event';

/** A line in which the ledger speaks for itself. */
export function readOwn(
  text: string,
  type: string,
  source: string,
): Parsed<{ readonly time: unknown; readonly data: Readonly<Record<string, unknown>> }> {
  const read = readLine(text);
  return read.ok ? ownOf(read.value, type, source) : read;
}

export function ownOf(
  { attributes, data }: CloudEvent,
  type: string,
  source: string,
): Parsed<{ readonly time: unknown; readonly data: Readonly<Record<string, unknown>> }> {
  return attributes['type'] === type && attributes['source'] === source && isObject(data)
    ? parsed({ time: attributes['time'], data })
    : refused('type', 'one_of', `must be ${type} of ${source}`);
}

export function readLine(text: string): Parsed<CloudEvent> {
  try {
    return readStructuredEvent(parseStoredJson(text));
  } catch {
    return refused('', 'json', 'is not JSON');
  }
}

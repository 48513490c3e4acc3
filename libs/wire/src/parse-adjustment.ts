import {
  isObject,
  missing,
  parseAmount,
  parsed,
  parseId,
  parseInstant,
  refused,
  strangersOf,
  type Adjustment,
  type EventId,
  type FieldError,
  type Parsed,
} from '#libs/ledger';
import type { CloudEvent } from './cloud-event';

const MEMBERS = ['adjusts', 'kind', 'amount', 'reason'];
const STRANGE = 'a correction does not have it';
const MAX_REASON_BYTES = 1024;
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Reads a correction out of a CloudEvent: the rules every record obeys, whenever it was written. */
export function parseAdjustment({ attributes, data }: CloudEvent): Parsed<Adjustment> {
  if (data === undefined) return missing('data');
  if (!isObject(data)) return refused('data', 'object', 'must be a JSON object');
  const errors: FieldError[] = strangersOf(data, MEMBERS, 'data', STRANGE);
  const take = <T>(result: Parsed<T>): T | undefined => {
    if (result.ok) return result.value;
    errors.push(...result.errors);
    return undefined;
  };
  const kind = take(parseKind(data['kind']));
  const amountPico = kind && take(parseStated(data['amount'], kind));
  const adjustment = {
    id: take(parseId(attributes['id'], 'id')),
    source: take(parseId(attributes['source'], 'source')),
    time: take(parseInstant(attributes['time'], 'time')),
    adjusts: take(parseEventId(data['adjusts'], 'data.adjusts')),
    kind,
    ...(amountPico === undefined ? {} : { amountPico }),
    reason: take(parseReason(data['reason'], 'data.reason')),
  };
  return errors.length > 0 ? { ok: false, errors } : parsed(adjustment as Adjustment);
}

/** Why something is corrected: 1 to 1,024 bytes of text without control characters. */
export function parseReason(value: unknown, field: string): Parsed<string> {
  if (value === undefined) return missing(field);
  if (typeof value !== 'string') return refused(field, 'string', 'must be a string');
  if (value.trim() === '') return refused(field, 'not_empty', 'must not be empty');
  if (Buffer.byteLength(value) > MAX_REASON_BYTES) {
    return refused(field, 'length', `must be at most ${MAX_REASON_BYTES} bytes of UTF-8`);
  }
  return CONTROL.test(value) || !value.isWellFormed()
    ? refused(field, 'control', 'must be well-formed text without control characters')
    : parsed(value);
}

function parseKind(value: unknown): Parsed<Adjustment['kind']> {
  if (value === undefined) return missing('data.kind');
  return value === 'reverse' || value === 'amend'
    ? parsed(value)
    : refused('data.kind', 'one_of', 'must be one of reverse, amend');
}

function parseStated(value: unknown, kind: Adjustment['kind']): Parsed<bigint | undefined> {
  if (kind === 'amend') return parseAmount(value, 'data.amount');
  return value === undefined
    ? parsed(undefined)
    : refused('data.amount', 'absent', 'must be absent: a reverse takes all of it back');
}

function parseEventId(value: unknown, field: string): Parsed<EventId> {
  if (value === undefined) return missing(field);
  if (!isObject(value)) return refused(field, 'object', 'must be an object with source and id');
  const source = parseId(value['source'], `${field}.source`);
  const id = parseId(value['id'], `${field}.id`);
  const errors = [
    ...strangersOf(value, ['source', 'id'], field, STRANGE),
    ...(source.ok ? [] : source.errors),
    ...(id.ok ? [] : id.errors),
  ];
  return errors.length === 0 && source.ok && id.ok
    ? parsed({ source: source.value, id: id.value })
    : { ok: false, errors };
}

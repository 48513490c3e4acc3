import {
  faultsOfEach,
  memberPath,
  parsed,
  refused,
  type FieldError,
  type Parsed,
} from '#libs/ledger';
import { attributeTypeFault } from './attribute-types';
import { EVENT_TYPES } from './event-type';
import { printMarks, readMarks } from './ledger-marks';

/** A CloudEvent 1.0 as it came, in whichever mode: its attributes, extensions among them, and its data. */
export interface CloudEvent {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

const ATTRIBUTE_NAME = /^[a-z0-9]{1,64}$/;
const JSON_MEDIA_TYPE = /^application\/(?:json|[a-z0-9!#$&^_.+-]+\+json)\s*(?:;|$)/i;
/** Attributes that `parseSpend` reads itself. */
const READ_ELSEWHERE = new Set(['specversion', 'id', 'source', 'type', 'time', 'datacontenttype']);
/** What the ledger adds to a record; a producer's own would be taken for it. */
const RESERVED = new Set([
  'recordedat',
  'knownat',
  'position',
  'caller',
  'contenthash',
  'holdoutcome',
]);
/** What it adds to a spend of its labels; before there was such a thing, they were a producer's like others. */
const OF_LABELS = new Set(['ledgerlabels', 'ledgerpools']);
/** What it adds to a spend that says its usage; before there was such a thing, they were a producer's like others. */
const OF_USAGE = new Set(['ledgeramount', 'ledgerprices']);
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Takes a structured CloudEvent apart. An attribute that is `null` is unset, as their JSON format has it. */
export function readStructuredEvent(value: unknown): Parsed<CloudEvent> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused('', 'object', 'must be a JSON object: a CloudEvent');
  }
  const { data, ...members } = value as Record<string, unknown>;
  const set = Object.entries(members).filter(([, member]) => member !== null);
  return parsed({ attributes: Object.fromEntries(set), data });
}

/** What the CloudEvents standard asks of the attributes of an event that a stranger sent. */
export function attributeFaults(event: CloudEvent): FieldError[] {
  const { attributes } = event;
  const errors: FieldError[] = [];
  if (attributes['specversion'] !== '1.0') {
    errors.push({ field: 'specversion', rule: 'one_of', message: 'must be "1.0"' });
  }
  const mediaType = attributes['datacontenttype'];
  if (
    mediaType !== undefined &&
    !(typeof mediaType === 'string' && JSON_MEDIA_TYPE.test(mediaType))
  ) {
    errors.push({
      field: 'datacontenttype',
      rule: 'media_type',
      message: 'must be application/json, or absent',
    });
  }
  for (const name of Object.keys(attributes)) {
    if (RESERVED.has(name) || OF_USAGE.has(name) || OF_LABELS.has(name)) {
      errors.push({ field: name, rule: 'reserved', message: 'is set by the ledger' });
    }
  }
  return [...errors, ...faultsOfExtensions(event, givenFault)];
}

/**
 * What a record of the log has to obey in its extensions (and optional attributes). It stays what it was when a door
 * becomes stricter: the same records are quarantined for ever.
 */
export function extensionFaults(event: CloudEvent): FieldError[] {
  return faultsOfExtensions(event, extensionFault);
}

/** The extensions (and optional attributes) of an event, as the strings a record's headers hold. */
export function extensionsOf(event: CloudEvent): Record<string, string> {
  const { attributes, data } = event;
  const saysUsage = typeof data === 'object' && data !== null && 'usage' in data;
  const isSpend = attributes['type'] === EVENT_TYPES.spendRecorded;
  const marks = isSpend ? printMarks(readMarks(event)) : {};
  const isOurs = (name: string) =>
    RESERVED.has(name) || (saysUsage && OF_USAGE.has(name)) || Object.hasOwn(marks, name);
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([name, value]) => !READ_ELSEWHERE.has(name) && !isOurs(name) && value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
}

type Fault = Omit<FieldError, 'field'>;

function faultsOfExtensions(
  { attributes }: CloudEvent,
  faultOf: (name: string, value: unknown) => Fault | undefined,
): FieldError[] {
  const found = Object.entries(attributes).flatMap(([name, value]) => {
    if (READ_ELSEWHERE.has(name) || RESERVED.has(name)) return [];
    const fault = faultOf(name, value);
    return fault ? [{ name, fault }] : [];
  });
  return faultsOfEach(found, ({ name, fault }) => ({ field: memberPath('', name), ...fault }));
}

function givenFault(name: string, value: unknown): Fault | undefined {
  return extensionFault(name, value) ?? attributeTypeFault(name, value);
}

function extensionFault(name: string, value: unknown): Fault | undefined {
  if (!ATTRIBUTE_NAME.test(name)) {
    return {
      rule: 'unknown_member',
      message: 'is not a CloudEvents attribute: their names are lower-case letters and digits',
    };
  }
  if (name === 'data') {
    return { rule: 'unknown_member', message: 'is not an attribute: the data are the body' };
  }
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return undefined;
  if (typeof value !== 'string') {
    return { rule: 'type', message: 'must be a string, an integer or a boolean' };
  }
  if (CONTROL.test(value) || !value.isWellFormed()) {
    return { rule: 'control', message: 'must be well-formed text without control characters' };
  }
  return undefined;
}

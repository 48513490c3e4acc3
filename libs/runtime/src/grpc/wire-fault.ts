import { isUtf8 } from 'node:buffer';
import { BufferReader, Enum, type Field, MapField, Type, types } from 'protobufjs';
import { type FieldFault } from '../problem';

/** As deep as protobufjs decodes. */
const MAX_DEPTH = 100;
/** The names inside of these are not ours: a fault there is reported at the field that holds them. */
const DYNAMIC = /^\.google\.protobuf\.(?:Struct|Value|ListValue)$/;
const LENGTH_DELIMITED = 2;

/**
 * The first thing that is wrong with the bytes of a message, if any. protobufjs reads more leniently than a ledger
 * may: it skips fields it does not know, takes a field's bytes whatever their wire type says, lets the second of two
 * values win, also of two under one name in a map, and mends text that is not UTF-8. What was meant and not understood
 * must be refused, not dropped.
 */
export function wireFault(bytes: Buffer, type: Type): FieldFault | undefined {
  try {
    return faultInMessage(new BufferReader(bytes), bytes.length, type, 0);
  } catch {
    return UNREADABLE;
  }
}

/** Bytes of which not even that much can be said. */
export const UNREADABLE: FieldFault = {
  field: '',
  rule: 'protobuf',
  message: 'is not a readable protobuf message',
};

function faultInMessage(
  reader: BufferReader,
  end: number,
  type: Type,
  depth: number,
): FieldFault | undefined {
  if (depth > MAX_DEPTH) return fault('depth', `is nested deeper than ${MAX_DEPTH} messages`);
  /** Fields, and oneofs in place of theirs; there are few of them. */
  const filled: object[] = [];
  let counts: Map<Field, number> | undefined;
  let names: NamesOfMaps | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = type.fieldsById[tag >>> 3];
    if (field === undefined) {
      return {
        ...fault('unknown_member', 'is not a field of this message'),
        field: `${tag >>> 3}`,
      };
    }
    if (field.repeated) {
      counts ??= new Map();
      counts.set(field, (counts.get(field) ?? 0) + 1);
    } else if (field.map) {
      names ??= new Map();
    } else {
      // Of the fields of a oneof only one may stand there.
      const place = field.partOf ?? field;
      if (filled.includes(place)) return inType(type, field.name, SECOND);
      filled.push(place);
    }
    const found = faultInField(reader, end, { field, wireType: tag & 7, depth, names });
    if (found === undefined) continue;
    const name = field.repeated ? `${field.name}[${counts!.get(field)! - 1}]` : field.name;
    return inType(type, name, found);
  }
  return reader.pos === end ? undefined : UNREADABLE;
}

/** The names that the maps of one message have so far. */
type NamesOfMaps = Map<Field, Set<string>>;

interface FieldPlace {
  readonly field: Field;
  readonly wireType: number;
  readonly depth: number;
  /** Of a message that has a map. */
  readonly names: NamesOfMaps | undefined;
}

function faultInField(
  reader: BufferReader,
  end: number,
  { field, wireType, depth, names }: FieldPlace,
): FieldFault | undefined {
  if (!(field instanceof MapField)) return faultInValue(reader, end, field, wireType, depth);
  const entryEnd = endOfValue(reader, end, wireType);
  if (entryEnd === undefined) return WRONG_TYPE;
  const entry = readEntry(reader, entryEnd, field, depth);
  if (typeof entry !== 'string') return entry;
  const known = names?.get(field) ?? new Set();
  if (known.has(entry)) return SECOND;
  names?.set(field, known.add(entry));
  return undefined;
}

/** An entry of a map is a message of a key, field 1, and a value, field 2. @returns its key, or what is wrong with it */
function readEntry(
  reader: BufferReader,
  end: number,
  field: MapField,
  depth: number,
): string | FieldFault {
  const filled: number[] = [];
  let key = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    const [id, wireType] = [tag >>> 3, tag & 7];
    if (id !== 1 && id !== 2) return fault('unknown_member', 'has an entry with more than a value');
    if (filled.includes(id)) return SECOND;
    filled.push(id);
    const start = reader.pos;
    const found =
      id === 1
        ? faultInScalar(reader, end, field.keyType, wireType)
        : faultInValue(reader, end, field, wireType, depth);
    if (found !== undefined) return found;
    if (id === 1) key = keyAt(reader, start, field);
  }
  return reader.pos === end ? key : UNREADABLE;
}

/** The key that begins at `start`, read again. */
function keyAt(reader: BufferReader, start: number, { keyType }: MapField): string {
  reader.pos = start;
  return String(reader[keyType as 'string']());
}

function faultInValue(
  reader: BufferReader,
  end: number,
  { type, resolvedType, repeated }: Pick<Field, 'type' | 'resolvedType' | 'repeated'>,
  wireType: number,
  depth: number,
): FieldFault | undefined {
  if (resolvedType instanceof Type) {
    const valueEnd = endOfValue(reader, end, wireType);
    return valueEnd === undefined
      ? WRONG_TYPE
      : faultInMessage(reader, valueEnd, resolvedType, depth + 1);
  }
  const scalar = resolvedType instanceof Enum ? 'int32' : type;
  if (repeated && scalar in types.packed && wireType === LENGTH_DELIMITED) {
    return faultInScalar(reader, end, 'bytes', wireType);
  }
  return faultInScalar(reader, end, scalar, wireType);
}

function faultInScalar(
  reader: BufferReader,
  end: number,
  scalar: string,
  wireType: number,
): FieldFault | undefined {
  if (wireType !== (types.basic as Record<string, number>)[scalar]) return WRONG_TYPE;
  const valueEnd = endOfValue(reader, end, wireType);
  if (valueEnd === undefined) {
    reader.skipType(wireType);
    return undefined;
  }
  const text = (reader.buf as Buffer).subarray(reader.pos, valueEnd);
  reader.pos = valueEnd;
  return scalar === 'bytes' || isUtf8(text) ? undefined : fault('utf8', 'is not UTF-8');
}

/**
 * Where a length-delimited value ends, its length read; undefined for a value of another wire type.
 * @throws RangeError when it would end after `end`
 */
function endOfValue(reader: BufferReader, end: number, wireType: number): number | undefined {
  if (wireType !== LENGTH_DELIMITED) return undefined;
  const length = reader.uint32();
  if (length > end - reader.pos) throw new RangeError('A value ends after its message.');
  return reader.pos + length;
}

const fault = (rule: string, message: string): FieldFault => ({ field: '', rule, message });
const WRONG_TYPE = fault('type', 'is not a value of its type');
const SECOND = fault('single', 'stands beside another value in its place');

function inType({ fullName }: Type, field: string, found: FieldFault): FieldFault {
  return DYNAMIC.test(fullName) ? { ...found, field: '' } : inside(field, found);
}

function inside(parent: string, found: FieldFault): FieldFault {
  return { ...found, field: found.field === '' ? parent : `${parent}.${found.field}` };
}

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
 * values win, and mends text that is not UTF-8. What was meant and not understood must be refused, not dropped.
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
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = type.fieldsById[tag >>> 3];
    if (field === undefined) {
      return {
        ...fault('unknown_member', 'is not a field of this message'),
        field: `${tag >>> 3}`,
      };
    }
    if (field.repeated || field.map) {
      counts ??= new Map();
      counts.set(field, (counts.get(field) ?? 0) + 1);
    } else {
      // Of the fields of a oneof only one may stand there.
      const place = field.partOf ?? field;
      if (filled.includes(place)) return inType(type, field.name, SECOND);
      filled.push(place);
    }
    const found = faultInField(reader, end, field, tag & 7, depth);
    if (found === undefined) continue;
    const name = field.repeated ? `${field.name}[${counts!.get(field)! - 1}]` : field.name;
    return inType(type, name, found);
  }
  return reader.pos === end ? undefined : UNREADABLE;
}

function faultInField(
  reader: BufferReader,
  end: number,
  field: Field,
  wireType: number,
  depth: number,
): FieldFault | undefined {
  if (field instanceof MapField) {
    const entryEnd = endOfValue(reader, end, wireType);
    if (entryEnd === undefined) return WRONG_TYPE;
    return faultInEntry(reader, entryEnd, field, depth);
  }
  return faultInValue(reader, end, field, wireType, depth);
}

/** An entry of a map is a message of a key, field 1, and a value, field 2. */
function faultInEntry(
  reader: BufferReader,
  end: number,
  field: MapField,
  depth: number,
): FieldFault | undefined {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const [id, wireType] = [tag >>> 3, tag & 7];
    if (id !== 1 && id !== 2) return fault('unknown_member', 'has an entry with more than a value');
    const found =
      id === 1
        ? faultInScalar(reader, end, field.keyType, wireType)
        : faultInValue(reader, end, field, wireType, depth);
    if (found !== undefined) return found;
  }
  return reader.pos === end ? undefined : UNREADABLE;
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

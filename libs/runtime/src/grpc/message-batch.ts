import { BufferReader, type Field, type Type } from 'protobufjs';
import { type Options } from '@grpc/proto-loader';
import { invalid } from '../http/invalid';
import { type FieldFault } from '../problem';
import { Malformed, readMessage } from './read-message';
import { UNREADABLE } from './wire-fault';

/**
 * The items of a message that is only a list of them, not read yet: it may be large, and its handler reads
 * it in turns.
 */
export class MessageBatch<T> {
  /** At most one more than the most that the door takes. */
  readonly pieces: readonly Buffer[];

  constructor(
    pieces: readonly Buffer[],
    private readonly field: Field,
    private readonly loader: Options,
  ) {
    this.pieces = pieces;
  }

  /** @throws Problem `invalid` for a piece that is not a message of its type */
  read(index: number): T {
    const { field, loader, pieces } = this;
    const message = readMessage(pieces[index]!, field.resolvedType as Type, loader);
    if (message instanceof Malformed) throw invalid([inItem(field, index, message.fault)]);
    return message as T;
  }
}

/** Cuts a message of the type into its items; the cut stops beyond `most`. */
export function cutBatch(
  bytes: Buffer,
  type: Type,
  most: number,
  loader: Options,
): MessageBatch<unknown> | Malformed {
  const field = type.fieldsArray[0]!;
  const pieces: Buffer[] = [];
  const reader = new BufferReader(bytes);
  try {
    while (reader.pos < bytes.length && pieces.length <= most) {
      const tag = reader.uint32();
      if (tag >>> 3 !== field.id) return new Malformed(stranger(tag >>> 3));
      if ((tag & 7) !== LENGTH_DELIMITED) {
        return new Malformed(inItem(field, pieces.length, WRONG_TYPE));
      }
      const length = reader.uint32();
      const end = reader.pos + length;
      if (end > bytes.length) return new Malformed(UNREADABLE);
      pieces.push(bytes.subarray(reader.pos, end));
      reader.pos = end;
    }
  } catch {
    return new Malformed(UNREADABLE);
  }
  return new MessageBatch(pieces, field, loader);
}

const LENGTH_DELIMITED = 2;
const WRONG_TYPE: FieldFault = { field: '', rule: 'type', message: 'is not a value of its type' };

const stranger = (id: number): FieldFault => ({
  field: String(id),
  rule: 'unknown_member',
  message: 'is not a field of this message',
});

function inItem({ name }: Field, index: number, fault: FieldFault): FieldFault {
  const item = `${name}[${index}]`;
  return { ...fault, field: fault.field === '' ? item : `${item}.${fault.field}` };
}

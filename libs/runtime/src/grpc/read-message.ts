import { type Options } from '@grpc/proto-loader';
import { BufferReader, type Type } from 'protobufjs';
import { type FieldFault } from '../problem';
import { UNREADABLE, wireFault } from './wire-fault';

/** What a handler's door finds in place of a message whose bytes are not one. */
export class Malformed {
  constructor(readonly fault: FieldFault) {}
}

/** A message as handlers see it. Never throws, and refuses what wireFault finds, which protobufjs would read as something else. */
export function readMessage(bytes: Buffer, type: Type, loader: Options): unknown {
  const fault = wireFault(bytes, type);
  if (fault !== undefined) return new Malformed(fault);
  try {
    return type.toObject(type.decode(new BufferReader(bytes)), loader);
  } catch {
    return new Malformed(UNREADABLE);
  }
}

import { loadSync } from '@grpc/proto-loader';
import { PROTO_PATH } from '#libs/wire';

/** Protobuf by hand, for messages that no client would write. */

export function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

/** A length-delimited field: a text, or a message. */
export function field(id: number, content: string | readonly number[]): number[] {
  const bytes = typeof content === 'string' ? [...Buffer.from(content)] : content;
  return [...varint((id << 3) | 2), ...varint(bytes.length), ...bytes];
}

/** The bytes of a request as a client would write them. @param path such as `IngestService/RecordSpend` */
export function requestBytes(path: string, request: object): Buffer {
  const [service, method] = path.split('/') as [string, string];
  const definition = loadSync(PROTO_PATH, { keepCase: true })[`spendledger.v1.${service}`];
  return (definition as Record<string, { requestSerialize(value: object): Buffer }>)[
    method
  ]!.requestSerialize(request);
}

import { isUtf8 } from 'node:buffer';
import { type ServiceDefinition } from '@grpc/grpc-js';
import { type Options, type PackageDefinition } from '@grpc/proto-loader';
import { BufferReader, Root } from 'protobufjs';

/** What a handler's door finds in place of a message whose bytes are not one. */
export const MALFORMED: unique symbol = Symbol('malformed message');

/**
 * grpc-js answers INTERNAL when a message cannot be read, which blames the wrong side. So the
 * readers of requests are replaced: they never throw, and give MALFORMED instead. They are also
 * stricter than protobufjs: a text must be UTF-8 (proto3 asks for it) and must not end early.
 */
export function useStrictDeserializers(
  definition: PackageDefinition,
  protoPath: string,
  loader: Options,
): void {
  const root = new Root().loadSync(protoPath, loader).resolveAll();
  for (const [name, entry] of Object.entries(definition)) {
    if ('format' in entry) continue;
    const service = root.lookupService(name);
    for (const [methodName, method] of Object.entries(entry as ServiceDefinition)) {
      // A stream has no place for the marker; its messages stay with grpc-js.
      if (method.requestStream) continue;
      const type = root.lookupType(service.methods[methodName]!.requestType);
      Object.assign(method, {
        requestDeserialize: (bytes: Buffer): unknown => {
          try {
            return type.toObject(type.decode(new StrictReader(bytes)), loader);
          } catch {
            return MALFORMED;
          }
        },
      });
    }
  }
}

class StrictReader extends BufferReader {
  private readonly bytesRead: Buffer;

  constructor(bytes: Buffer) {
    super(bytes);
    this.bytesRead = bytes;
  }

  override string(): string {
    const length = this.uint32();
    const start = this.pos;
    const end = start + length;
    if (end > this.len) throw new RangeError('A text ends after its message.');
    this.pos = end;
    const text = this.bytesRead.toString('utf8', start, end);
    // Bytes that are not UTF-8 always leave this character behind, so all other texts pass unread.
    if (text.includes('\uFFFD') && !isUtf8(this.bytesRead.subarray(start, end))) {
      throw new TypeError('A text is not UTF-8.');
    }
    return text;
  }
}

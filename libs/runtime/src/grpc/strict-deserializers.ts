import { type ServiceDefinition } from '@grpc/grpc-js';
import { type Options, type PackageDefinition } from '@grpc/proto-loader';
import { BufferReader, Root } from 'protobufjs';
import { type FieldFault } from '../problem';
import { UNREADABLE, wireFault } from './wire-fault';

/** What a handler's door finds in place of a message whose bytes are not one. */
export class Malformed {
  constructor(readonly fault: FieldFault) {}
}

/**
 * grpc-js answers INTERNAL when a message cannot be read, which blames the wrong side. So the
 * readers of requests are replaced: they never throw, and give Malformed instead; and they refuse
 * what wireFault finds, which protobufjs would read as something else.
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
          const fault = wireFault(bytes, type);
          if (fault !== undefined) return new Malformed(fault);
          try {
            return type.toObject(type.decode(new BufferReader(bytes)), loader);
          } catch {
            return new Malformed(UNREADABLE);
          }
        },
      });
    }
  }
}

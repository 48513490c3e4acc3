import { type ServiceDefinition } from '@grpc/grpc-js';
import { type Options, type PackageDefinition } from '@grpc/proto-loader';
import { Root } from 'protobufjs';
import { cutBatch } from './message-batch';
import { readMessage } from './read-message';

/** The methods whose request is one list, and the most items that they take; their handlers get a MessageBatch. */
export type BatchMethods = Readonly<Record<string, number>>;

/**
 * grpc-js answers INTERNAL when a message cannot be read, which blames the wrong side. So the
 * readers of requests are replaced: they never throw, and give Malformed instead.
 */
export function useStrictDeserializers(
  definition: PackageDefinition,
  protoPath: string,
  loader: Options,
  batches: BatchMethods = {},
): void {
  const root = new Root().loadSync(protoPath, loader).resolveAll();
  for (const [name, entry] of Object.entries(definition)) {
    if ('format' in entry) continue;
    const service = root.lookupService(name);
    for (const [methodName, method] of Object.entries(entry as ServiceDefinition)) {
      // A stream has no place for the marker; its messages stay with grpc-js.
      if (method.requestStream) continue;
      const type = root.lookupType(service.methods[methodName]!.requestType);
      const most = batches[methodName];
      Object.assign(method, {
        requestDeserialize: (bytes: Buffer): unknown =>
          most === undefined
            ? readMessage(bytes, type, loader)
            : cutBatch(bytes, type, most, loader),
      });
    }
  }
}

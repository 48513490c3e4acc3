import { type ServiceDefinition } from '@grpc/grpc-js';
import { type Options, type PackageDefinition } from '@grpc/proto-loader';
import { Root } from 'protobufjs';
import { cutBatch } from './message-batch';
import { Malformed, readMessage } from './read-message';
import { UNREADABLE } from './wire-fault';

/** The methods whose request is one list, and the most items that they take; their handlers get a MessageBatch. */
export type BatchMethods = Readonly<Record<string, number>>;

export interface ReaderRules {
  readonly batches: BatchMethods;
  /** Services of protocols that others own: a field that their proto does not know is newer than it, and no fault. */
  readonly isForeign: (service: string) => boolean;
}

/**
 * grpc-js answers INTERNAL when a message cannot be read, which blames the wrong side. So the
 * readers of requests are replaced: they never throw, and give Malformed instead.
 */
export function useStrictDeserializers(
  definition: PackageDefinition,
  protoPath: string,
  loader: Options,
  { batches, isForeign }: ReaderRules,
): void {
  const root = new Root().loadSync(protoPath, loader).resolveAll();
  for (const [name, entry] of Object.entries(definition)) {
    if ('format' in entry) continue;
    if (isForeign(name)) {
      useLenientDeserializers(entry);
      continue;
    }
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

function useLenientDeserializers(service: ServiceDefinition): void {
  for (const method of Object.values(service)) {
    if (method.requestStream) continue;
    const read = method.requestDeserialize;
    Object.assign(method, {
      requestDeserialize: (bytes: Buffer): unknown => {
        try {
          return read(bytes);
        } catch {
          return new Malformed(UNREADABLE);
        }
      },
    });
  }
}

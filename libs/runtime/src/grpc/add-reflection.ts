import { readFileSync } from 'node:fs';
import { type Server } from '@grpc/grpc-js';
import { type PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import descriptor from 'protobufjs/ext/descriptor';

/**
 * Reflection out of a compiler's descriptors. Those that proto-loader makes by itself name no imports and no optional
 * fields, and clients such as buf and grpcurl cannot resolve them.
 */
export function addReflection(server: Server, descriptorsPath: string): void {
  const set = descriptor.FileDescriptorSet.decode(readFileSync(descriptorsPath)) as unknown as {
    readonly file: readonly object[];
  };
  const files = set.file.map((file) =>
    Buffer.from(descriptor.FileDescriptorProto.encode(file).finish()),
  );
  const definition: PackageDefinition = {
    files: {
      format: 'Protocol Buffer 3 DescriptorProto',
      type: {},
      fileDescriptorProtos: files,
    } as unknown as PackageDefinition[string],
  };
  new ReflectionService(definition).addToServer(server);
}

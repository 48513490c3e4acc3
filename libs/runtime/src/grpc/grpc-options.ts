import { type Server } from '@grpc/grpc-js';
import { type Options, type PackageDefinition } from '@grpc/proto-loader';
import { type LoggerService } from '@nestjs/common';
import { type Gate } from '../access/gate';
import { type Metrics } from '../metrics';
import { type Redact } from '../redact';
import { type DoorCertificates } from '../tls/door-certificates';
import { addReflection } from './add-reflection';
import { GrpcDoor } from './grpc-door';
import { type GrpcHealth } from './grpc-health';
import { type BatchMethods, useStrictDeserializers } from './strict-deserializers';

/** What a gRPC door speaks. */
export interface GrpcFace {
  readonly protoPath: string;
  /** The proto as a serialised `google.protobuf.FileDescriptorSet`; without it there is no reflection. */
  readonly descriptorsPath?: string;
  readonly packageName: string;
  /** Which process serves each service: for whoever calls another one. */
  readonly processes?: Readonly<Record<string, string>>;
  readonly batches?: BatchMethods;
  /** The largest message of any method that takes no batch; more is RESOURCE_EXHAUSTED. */
  readonly plainMessageBytes?: number;
  /** What else the door speaks. */
  readonly foreign?: ForeignProtos;
}

/** Protocols that others own. Their messages may have fields that are newer than these protos. */
export interface ForeignProtos {
  /** The protos import each other by their paths below this folder. */
  readonly root: string;
  /** Below `root`. */
  readonly protos: readonly string[];
  /** Those of the packages that have services. */
  readonly packageNames: readonly string[];
  /** The largest message; more is RESOURCE_EXHAUSTED. */
  readonly messageBytes: number;
}

export interface GrpcDoorSettings extends GrpcFace {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly health: GrpcHealth;
  readonly metrics?: Metrics | undefined;
  readonly gate?: Gate | undefined;
  readonly redact: Redact;
  readonly logger?: LoggerService | undefined;
  /** The largest message of all; more is RESOURCE_EXHAUSTED. */
  readonly messageBytes?: number;
  /** Most calls under way on one connection. */
  readonly maxStreams?: number;
  readonly drainMs?: number;
  /** With them the door speaks TLS only. */
  readonly certificates?: DoorCertificates | undefined;
}

/** How messages look to handlers: the proto's own names, int64 and enums as strings, all defaults. */
export const GRPC_LOADER: Options = {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
};

/** For `app.connectMicroservice(grpcOptions(…), { inheritAppConfig: true })`. */
export function grpcOptions(settings: GrpcDoorSettings): { strategy: GrpcDoor } {
  const { host, port, protoPath, packageName, health, redact, processes, batches = {} } = settings;
  const { foreign } = settings;
  const isForeign = (service: string): boolean =>
    foreign?.packageNames.some((name) => service.startsWith(`${name}.`)) ?? false;
  const strategy = new GrpcDoor({
    host,
    port,
    metrics: settings.metrics,
    gate: settings.gate,
    redact,
    ...(processes && { processes }),
    onServed: (service) => health.add(service),
    logger: settings.logger,
    drainMs: settings.drainMs ?? 10_000,
    maxStreams: settings.maxStreams ?? 1000,
    certificates: settings.certificates,
    messageBytesOf: (path) => {
      const [, service = '', method = ''] = path.split('/');
      if (isForeign(service)) return foreign?.messageBytes;
      return Object.hasOwn(batches, method) ? undefined : settings.plainMessageBytes;
    },
    nest: {
      package: [packageName, ...(foreign?.packageNames ?? [])],
      protoPath: [protoPath, ...(foreign?.protos ?? [])],
      loader: { ...GRPC_LOADER, ...(foreign && { includeDirs: [foreign.root] }) },
      gracefulShutdown: true,
      maxReceiveMessageLength: settings.messageBytes ?? 17 * 1024 * 1024,
      onLoadPackageDefinition: (definition: PackageDefinition, server: Server) => {
        useStrictDeserializers(definition, protoPath, GRPC_LOADER, { batches, isForeign });
        health.addTo(server);
        if (settings.descriptorsPath) addReflection(server, settings.descriptorsPath);
      },
    },
  });
  return { strategy };
}

import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  setLogger,
  type ServerUnaryCall,
  status as grpcStatus,
} from '@grpc/grpc-js';
import { type LoggerService } from '@nestjs/common';
import { type GrpcOptions, ServerGrpc } from '@nestjs/microservices';
import { isObservable } from 'rxjs';
import { invalid } from '../http/invalid';
import { listenFailure } from '../listen-failure';
import { type Metrics } from '../metrics';
import { redactSecrets } from '../redact';
import { type DoorCertificates } from '../tls/door-certificates';
import { GrpcCredentials } from '../tls/grpc-credentials';
import { toGrpcStatus } from './grpc-status';
import { Malformed } from './strict-deserializers';

export interface GrpcDoorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** How long calls under way may take to finish when the door closes. */
  readonly drainMs: number;
  readonly nest: GrpcOptions['options'];
  readonly metrics?: Metrics | undefined;
  readonly logger?: LoggerService | undefined;
  readonly certificates?: DoorCertificates | undefined;
}

type UnaryHandler = (request: unknown, metadata: unknown, call: unknown) => Promise<unknown>;
type Call = ServerUnaryCall<unknown, unknown>;
type Answer = sendUnaryData<unknown>;

/**
 * Nest's gRPC transport, with what it lacks: it knows the port it got, closes in bounded time, and
 * takes a unary call to its handler without a chain of observables (each check goes through here).
 */
export class GrpcDoor extends ServerGrpc {
  private boundPort = 0;
  private closing: Promise<void> | undefined;

  constructor(private readonly door: GrpcDoorOptions) {
    super(door.nest);
  }

  /** `host:port`, once it listens. */
  get address(): string {
    const { host } = this.door;
    return `${host.includes(':') ? `[${host}]` : host}:${this.boundPort}`;
  }

  override async createClient(): Promise<Server> {
    const { host, port, nest, logger, certificates } = this.door;
    if (logger !== undefined) quietenGrpc(logger);
    const server = new Server({
      // It counts every call for a service that nobody here offers.
      'grpc.enable_channelz': 0,
      ...nest.channelOptions,
      ...(nest.maxReceiveMessageLength === undefined
        ? {}
        : { 'grpc.max_receive_message_length': nest.maxReceiveMessageLength }),
    });
    const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const credentials =
      certificates === undefined
        ? ServerCredentials.createInsecure()
        : new GrpcCredentials(certificates);
    this.boundPort = await new Promise<number>((resolve, reject) => {
      server.bindAsync(target, credentials, (error, bound) => {
        if (error === null) resolve(bound);
        else reject(listenFailure(error, 'GRPC_PORT', host, port));
      });
    });
    return server;
  }

  override createUnaryServiceMethod(handler: UnaryHandler): (call: Call, answer: Answer) => void {
    const { metrics } = this.door;
    return (call, answer) => {
      const counted: Answer =
        metrics === undefined
          ? answer
          : (error, value) => {
              metrics.countGrpc(
                call.getPath(),
                error === null ? 0 : (error.code ?? grpcStatus.UNKNOWN),
              );
              answer(error, value);
            };
      if (call.request instanceof Malformed) {
        counted(toGrpcStatus(invalid([call.request.fault]), redactSecrets));
        return;
      }
      handler(call.request, call.metadata, call).then(
        (result) => settle(result, counted),
        () => counted(LOST_STATUS),
      );
    };
  }

  override close(): Promise<void> {
    this.closing ??= this.drain();
    return this.closing;
  }

  private async drain(): Promise<void> {
    const server = this.grpcClient as Server | undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        server.forceShutdown();
        resolve();
      }, this.door.drainMs);
      server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** grpc-js would write to the console what this door reports in its own words. */
function quietenGrpc(logger: LoggerService): void {
  const write = (...parts: unknown[]): void => {
    logger.debug?.(parts.map(String).join(' '), 'grpc-js');
  };
  setLogger({ error: write, info: write, debug: write });
}

/** Nest's handlers give a plain answer, or an observable: always when a filter refused. */
function settle(result: unknown, answer: Answer): void {
  if (!isObservable(result)) {
    answer(null, result);
    return;
  }
  let answered = false;
  const once: Answer = (error, value) => {
    if (answered) return;
    answered = true;
    answer(error, value);
  };
  result.subscribe({
    next: (value) => once(null, value),
    error: (error: Parameters<Answer>[0]) => once(error),
    complete: () => once(LOST_STATUS),
  });
}

const LOST_STATUS = { code: grpcStatus.INTERNAL, details: 'The call got no answer.' };

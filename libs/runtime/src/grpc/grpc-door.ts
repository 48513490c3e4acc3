import {
  type sendUnaryData,
  Server,
  type ServerDuplexStream,
  ServerCredentials,
  type ServerInterceptor,
  setLogger,
  type ServerUnaryCall,
  status as grpcStatus,
} from '@grpc/grpc-js';
import { type LoggerService } from '@nestjs/common';
import { type GrpcOptions, type MessageHandler, ServerGrpc } from '@nestjs/microservices';
import { type Gate } from '../access/gate';
import { ANSWER_BYTES } from '../fit-answer';
import { invalid } from '../http/invalid';
import { listenFailure } from '../listen-failure';
import { type Metrics } from '../metrics';
import { Problem } from '../problem';
import { type Redact } from '../redact';
import { problemFor } from '../to-problem';
import { CallNeeds } from './call-needs';
import { gateCalls } from './gated-call';
import { type DoorCertificates } from '../tls/door-certificates';
import { GrpcCredentials } from '../tls/grpc-credentials';
import { toGrpcStatus } from './grpc-status';
import { joinCredentials } from './join-credentials';
import { LOST_STATUS, settleAnswer } from './settle-answer';
import { Malformed } from './read-message';

export interface GrpcDoorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** How long calls under way may take to finish when the door closes. */
  readonly drainMs: number;
  /** Most calls under way on one connection. */
  readonly maxStreams: number;
  /** The largest message of a method; undefined: the largest of any. */
  readonly messageBytesOf?: (path: string) => number | undefined;
  readonly nest: GrpcOptions['options'];
  readonly metrics?: Metrics | undefined;
  readonly gate?: Gate | undefined;
  readonly redact: Redact;
  /** Which process serves each service. */
  readonly processes?: Readonly<Record<string, string>>;
  /** A service has a handler here; its full name. */
  readonly onServed: (service: string) => void;
  readonly logger?: LoggerService | undefined;
  readonly certificates?: DoorCertificates | undefined;
}

type UnaryHandler = (request: unknown, metadata: unknown, call: unknown) => Promise<unknown>;
type StreamHandler = (call: unknown, metadata: unknown) => Promise<unknown>;
type Call = ServerUnaryCall<unknown, unknown>;
type Stream = ServerDuplexStream<unknown, unknown>;
type Answer = sendUnaryData<unknown>;

/**
 * Nest's gRPC transport, with what it lacks: it knows the port it got, closes in bounded time, and
 * takes a unary call to its handler without a chain of observables (each check goes through here).
 */
export class GrpcDoor extends ServerGrpc {
  private readonly needs = new CallNeeds();
  /** Of the methods that are served here. */
  private readonly messageBytes = new Map<string, number | undefined>();
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
    const { host, port, nest, logger, gate, certificates } = this.door;
    if (logger !== undefined) quietenGrpc(logger);
    const server = new Server({
      // It counts every call for a service that nobody here offers.
      'grpc.enable_channelz': 0,
      // Of one connection: what is open costs memory, also where it asks for nothing.
      'grpc.max_concurrent_streams': this.door.maxStreams,
      'grpc.max_send_message_length': ANSWER_BYTES,
      ...nest.channelOptions,
      ...(nest.maxReceiveMessageLength === undefined
        ? {}
        : { 'grpc.max_receive_message_length': nest.maxReceiveMessageLength }),
      ...(gate && { interceptors: [this.gateOf(gate)] }),
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
    joinCredentials(server);
    return server;
  }

  /** Nest's own forgets the extras, in which a handler says what it needs. */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    callback.extras = extras;
    super.addHandler(pattern, callback, isEventHandler);
  }

  override createServiceMethod(
    ...[handler, native, streamType]: Parameters<ServerGrpc['createServiceMethod']>
  ): (...call: unknown[]) => unknown {
    const { path } = native as { readonly path: string };
    if (this.door.gate) this.needs.learn(path, handler as MessageHandler);
    this.messageBytes.set(path, this.door.messageBytesOf?.(path));
    this.door.onServed(serviceOf(path));
    const method: unknown = super.createServiceMethod(handler, native, streamType);
    return method as (...call: unknown[]) => unknown;
  }

  private gateOf(gate: Gate): ServerInterceptor {
    const { metrics, logger } = this.door;
    return gateCalls({
      gate,
      needOf: (path) => this.needs.of(path),
      notServed: (path) => this.notServed(path),
      messageBytesOf: (path) =>
        this.messageBytes.has(path)
          ? this.messageBytes.get(path)
          : this.door.messageBytesOf?.(path),
      toProblem: (failure) =>
        problemFor(failure, { error: (...parts) => void logger?.error(parts.join(' ')) }),
      // No method began.
      onRefused: (path, code) => metrics?.countGrpc(path, code, 0),
    });
  }

  private notServed(path: string): Problem {
    const service = serviceOf(path);
    const taker = this.door.processes?.[service];
    const elsewhere = taker === undefined ? '' : ` The process ${taker} serves ${service}.`;
    return new Problem('method_not_allowed', `There is no such method here.${elsewhere}`);
  }

  override createUnaryServiceMethod(handler: UnaryHandler): (call: Call, answer: Answer) => void {
    const { redact } = this.door;
    return (call, answer) => {
      const counted = this.counted(call, answer);
      if (call.request instanceof Malformed) {
        counted(toGrpcStatus(invalid([call.request.fault]), redact));
        return;
      }
      handler(call.request, call.metadata, call).then(
        (result) => settleAnswer(result, counted),
        () => counted(LOST_STATUS),
      );
    };
  }

  /**
   * The handler of a `@GrpcStreamCall` gets the call; the call ends with what it returns, or fails with. It may not
   * destroy the call, as leaving a plain `for await` would: nothing could be sent any more, no status either.
   */
  override createStreamCallMethod(
    handler: StreamHandler,
    isResponseStream: boolean,
  ): ReturnType<ServerGrpc['createStreamCallMethod']> {
    return async (given, answer) => {
      const call = given as unknown as Stream;
      const end: Answer = (error) => {
        if (error === null) call.end();
        else call.emit('error', error);
      };
      const counted = this.counted(call, isResponseStream ? end : answer);
      await handler(call, call.metadata).then(
        (result) => settleAnswer(result, counted),
        () => counted(LOST_STATUS),
      );
    };
  }

  private counted(call: Pick<Call, 'getPath'>, answer: Answer): Answer {
    const { metrics } = this.door;
    if (metrics === undefined) return answer;
    const startedMs = performance.now();
    return (error, value) => {
      const code = error === null ? 0 : (error.code ?? grpcStatus.UNKNOWN);
      metrics.countGrpc(call.getPath(), code, (performance.now() - startedMs) / 1_000);
      answer(error, value);
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

/** `/spendledger.v1.BudgetService/Check` is of `spendledger.v1.BudgetService`. */
const serviceOf = (path: string): string => path.split('/')[1] ?? '';

/** grpc-js would write to the console what this door reports in its own words. */
function quietenGrpc(logger: LoggerService): void {
  const write = (...parts: unknown[]): void => {
    logger.debug?.(parts.map(String).join(' '), 'grpc-js');
  };
  setLogger({ error: write, info: write, debug: write });
}

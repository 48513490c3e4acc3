import { type DynamicModule, type Type } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Gate } from './access/gate';
import { type GrpcDoor } from './grpc/grpc-door';
import { GrpcHealth } from './grpc/grpc-health';
import { type GrpcFace, grpcOptions } from './grpc/grpc-options';
import { type Readiness } from './health';
import { type OtherProcesses } from './http/other-processes';
import { createHttpApp, type HttpLimits } from './http/create-http-app';
import { isError } from './is-error';
import { listenFailure } from './listen-failure';
import { type Logger } from './logger';
import { type Metrics } from './metrics';
import { type Redact } from './redact';
import { type Serving } from './serving';
import { type DoorCertificates } from './tls/door-certificates';
import { handshakesOf } from './tls/open-handshakes';

export interface ServeLimits extends HttpLimits {
  /** How long what is under way may take to finish after close(); then it is cut. */
  readonly drainMs?: number;
  /** The largest gRPC message. */
  readonly messageBytes?: number;
  /** Most gRPC calls under way on one connection. */
  readonly maxStreams?: number;
  /** How often readiness is looked at where nobody asks for it, for those who watch gRPC health. */
  readonly healthEveryMs?: number;
}

export interface ServeOptions {
  readonly module: DynamicModule | Type;
  readonly host: string;
  /** 0: any free port. */
  readonly httpPort: number;
  readonly grpc?: GrpcFace & { readonly port: number };
  readonly logger: Logger;
  readonly readiness: Readiness;
  readonly serving: Serving;
  readonly limits: ServeLimits;
  readonly metrics?: Metrics;
  readonly redact: Redact;
  /** Who serves what is not served here. */
  readonly others?: OtherProcesses;
  /** Asked before anything of a request is read; without one, everybody comes in. */
  readonly gate?: Gate;
  /** With them both doors speak TLS only. */
  readonly certificates?: DoorCertificates;
  /** From now on there may be callers. */
  readonly onOpening?: () => void;
}

export interface Served {
  readonly app: NestFastifyApplication;
  /** `http://host:port` with the real port; `https://` with certificates. */
  readonly httpUrl: string;
  /** `host:port` with the real port; undefined without gRPC. */
  readonly grpcAddress: string | undefined;
  /** Neither ready nor serving, then no new requests, then those under way, then Nest's shutdown hooks. */
  close(): Promise<void>;
}

const DRAIN_MS = 10_000;
/** How often, while the process drains, connections that have had their answer are closed. */
const SWEEP_MS = 25;

/**
 * Starts a process's doors.
 * @throws Error with one sentence when a port cannot be had; nothing is left running then
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const { limits, readiness, serving, certificates } = options;
  const drainMs = limits.drainMs ?? DRAIN_MS;
  const doors = { areClosing: false };
  const app = await createHttpApp(options.module, { ...options, doors });
  const handshakes = certificates && handshakesOf(app.getHttpServer());
  const health = new GrpcHealth();
  const door = options.grpc && connectGrpc(app, { ...options, grpc: options.grpc }, health);
  let stopFollowing = (): void => undefined;
  const close = once(async () => {
    for (const told of [readiness, serving]) told.drain();
    stopFollowing();
    doors.areClosing = true;
    await certificates?.stop();
    const server = app.getHttpServer();
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    // A connection that is busy when the door closes is kept alive after its answer, and would hold the end up.
    const sweep = setInterval(() => {
      server.closeIdleConnections();
      handshakes?.cut();
    }, SWEEP_MS);
    try {
      await Promise.all([door?.close(), app.close()]);
    } finally {
      clearTimeout(cut);
      clearInterval(sweep);
    }
  });
  try {
    await app.init();
    options.onOpening?.();
    await app.startAllMicroservices();
    const httpUrl = await listen(app, options);
    certificates?.start();
    if (door !== undefined) {
      serving.onReport((report) => health.tell((name) => serving.isServing(report, name)));
      const following = [serving, readiness].map((asked) =>
        askAgain(asked, limits.healthEveryMs ?? 1_000),
      );
      const stops = await Promise.all(following);
      stopFollowing = () => stops.forEach((stop) => stop());
    }
    return { app, httpUrl, grpcAddress: door?.address, close };
  } catch (error) {
    await close().catch((closing: unknown) => options.logger.error(closing, 'serve'));
    throw error;
  }
}

function connectGrpc(
  app: NestFastifyApplication,
  options: ServeOptions & { readonly grpc: NonNullable<ServeOptions['grpc']> },
  health: GrpcHealth,
): GrpcDoor {
  const { host, grpc, limits, logger, metrics, gate, redact, certificates } = options;
  const connected = grpcOptions({
    host,
    ...grpc,
    certificates,
    health,
    logger,
    metrics,
    gate,
    redact,
    drainMs: limits.drainMs ?? DRAIN_MS,
    ...(limits.messageBytes === undefined ? {} : { messageBytes: limits.messageBytes }),
    ...(limits.maxStreams === undefined ? {} : { maxStreams: limits.maxStreams }),
  });
  app.connectMicroservice(connected, { inheritAppConfig: true });
  return connected.strategy;
}

/** Not app.listen(): that also logs a failure, which the caller tells in its own sentence. */
async function listen(
  app: NestFastifyApplication,
  { host, httpPort: port, certificates }: ServeOptions,
): Promise<string> {
  const fastify = app.getHttpAdapter().getInstance();
  try {
    await fastify.listen({ host, port });
  } catch (error) {
    throw isError(error) ? listenFailure(error, 'HTTP_PORT', host, port) : error;
  }
  const address = fastify.server.address();
  const real = typeof address === 'object' && address !== null ? address.port : port;
  const scheme = certificates === undefined ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${real}`;
}

/**
 * Those who watch gRPC health ask nothing themselves, and what readiness asks of Postgres keeps what is remembered for
 * an outage fresh. Resolves when it was reported once.
 */
async function askAgain(readiness: Readiness, everyMs: number): Promise<() => void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const ask = async (): Promise<void> => {
    await readiness.report();
    if (!stopped) timer = setTimeout(() => void ask(), everyMs).unref();
  };
  await ask();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => (result ??= action());
}

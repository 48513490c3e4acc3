import { type DynamicModule, type Type } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Gate } from './access/gate';
import { type GrpcDoor } from './grpc/grpc-door';
import { GrpcHealth } from './grpc/grpc-health';
import { type GrpcFace, grpcOptions } from './grpc/grpc-options';
import { type Readiness } from './health';
import { createHttpApp, type HttpLimits } from './http/create-http-app';
import { isError } from './is-error';
import { listenFailure } from './listen-failure';
import { type Logger } from './logger';
import { type Metrics } from './metrics';
import { type Redact } from './redact';
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
  readonly limits: ServeLimits;
  readonly metrics?: Metrics;
  readonly redact?: Redact;
  /** Asked before anything of a request is read; without one, everybody comes in. */
  readonly gate?: Gate;
  /** With them both doors speak TLS only. */
  readonly certificates?: DoorCertificates;
}

export interface Served {
  readonly app: NestFastifyApplication;
  /** `http://host:port` with the real port; `https://` with certificates. */
  readonly httpUrl: string;
  /** `host:port` with the real port; undefined without gRPC. */
  readonly grpcAddress: string | undefined;
  /** Not ready, then no new requests, then those under way, then Nest's shutdown hooks. */
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
  const { limits, readiness, certificates } = options;
  const drainMs = limits.drainMs ?? DRAIN_MS;
  const app = await createHttpApp(options.module, options);
  const handshakes = certificates && handshakesOf(app.getHttpServer());
  const health = new GrpcHealth();
  const door = options.grpc && connectGrpc(app, { ...options, grpc: options.grpc }, health);
  let stopFollowing = (): void => undefined;
  const close = once(async () => {
    readiness.draining = true;
    stopFollowing();
    health.setServing(false);
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
    await app.startAllMicroservices();
    const httpUrl = await listen(app, options);
    certificates?.start();
    if (door !== undefined) {
      readiness.onReport(({ ready }) => health.setServing(ready));
      stopFollowing = await askAgain(readiness, limits.healthEveryMs ?? 1_000);
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
  const { host, grpc, limits, logger, metrics, gate, certificates } = options;
  const connected = grpcOptions({
    host,
    ...grpc,
    certificates,
    health,
    logger,
    metrics,
    gate,
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

/** Those who watch gRPC health ask nothing themselves. Resolves when readiness was reported once. */
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

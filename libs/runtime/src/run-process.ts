import { type DynamicModule, Module } from '@nestjs/common';
import { type Gate } from './access/gate';
import { ConfigError } from './config';
import { dependencyRefusal } from './dependency-failure';
import { trustsAnybody } from './database-url';
import { Readiness } from './health';
import { OtherProcesses } from './http/other-processes';
import { type GrpcFace } from './grpc/grpc-options';
import { isError } from './is-error';
import { createLogger, type Logger } from './logger';
import { Metrics } from './metrics';
import { OpsController, opsProviders } from './ops.controller';
import { type ProcessConfig } from './process-config';
import { type Redact } from './redact';
import { serve, type Served, type ServeOptions } from './serve';
import { Serving } from './serving';
import { onShutdown } from './shutdown';
import { StartRefused } from './start-refused';
import { DoorCertificates } from './tls/door-certificates';

/** What a process gives its parts. */
export interface ProcessTools {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly serving: Serving;
  /** The process's clock in milliseconds since 1970, CLOCK_OFFSET included. */
  readonly nowMs: () => number;
  /** For parts that go on after a failure: `doing` is what failed. */
  readonly onError: (error: unknown, doing: string) => void;
  /** For what operators should know. */
  readonly onWarning: (sentence: string) => void;
  /** For what only helps to find a fault; absent unless the log level asks for it. */
  readonly onDebug?: (line: string) => void;
}

export interface ProcessParts {
  readonly modules: readonly DynamicModule[];
  readonly gate: Gate;
  /** Called last, when the doors are closed and every part has stopped. */
  readonly close: () => Promise<void>;
}

export interface ProcessOptions {
  readonly name: string;
  readonly redact: Redact;
  readonly openapi: object;
  readonly grpc: GrpcFace | undefined;
  readonly bodyBytes: number;
  readonly open: (tools: ProcessTools) => Promise<ProcessParts>;
}

@Module({})
class ProcessModule {}

/**
 * Opens a process's parts, serves them behind its doors, and drains on SIGINT and SIGTERM. A signal that comes during
 * the start waits for it, for what is half open cannot be closed: a Postgres of its own would go on running.
 */
export function runProcess(config: ProcessConfig, options: ProcessOptions): Promise<Served> {
  const nowMs = () => Date.now() + config.clockOffsetMs;
  const { redact } = options;
  const logger = createLogger({ level: config.logLevel, now: () => new Date(nowMs()), redact });
  for (const hint of config.hints) logger.warn(hint);
  if (config.clockOffsetMs !== 0) {
    logger.warn(`CLOCK_OFFSET moves every clock of this ledger by ${config.clockOffsetMs} ms.`);
  }
  if (config.databaseUrl !== undefined && trustsAnybody(config.databaseUrl)) {
    logger.warn(
      'DATABASE_URL has sslmode=no-verify: anybody in between can read and change everything.',
    );
  }
  const metrics = new Metrics({ ofProcess: true });
  const readiness = new Readiness({
    onError: (name, error) => logger.error(error, `readiness of ${name}`),
  });
  // What goes wrong with its checks goes wrong with those of readiness, too, which say so.
  const serving = new Serving();
  let isOpen = false;
  const onOpening = () => {
    isOpen = true;
  };
  const starting = start(
    config,
    { ...options, onOpening },
    {
      logger,
      metrics,
      readiness,
      serving,
      nowMs,
      onError: (error, doing) => logger.error(error, doing),
      onWarning: (sentence) => logger.warn(sentence),
      ...(config.logLevel === 'debug' && { onDebug: (line: string) => logger.debug(line) }),
    },
  );
  const close = async () => {
    const served = await starting.catch(() => undefined);
    await served?.close();
  };
  onShutdown(close, {
    leave: () => {
      for (const told of [readiness, serving]) told.drain();
    },
    // Nobody has to know of the end of what has not begun.
    delayMs: () => (isOpen ? config.drainDelayMs : 0),
    // The doors have their own limit; what comes after them gets the same again.
    timeoutMs: 2 * config.drainMs,
    log: (sentence) => logger.info(sentence),
  });
  return starting;
}

async function start(
  config: ProcessConfig,
  options: ProcessOptions & Pick<ServeOptions, 'onOpening'>,
  tools: ProcessTools,
): Promise<Served> {
  const { logger, metrics, readiness, serving } = tools;
  const certificates = config.tls && (await DoorCertificates.read(config.tls, logger));
  if (certificates !== undefined) {
    metrics.gauge(
      'ledger_certificate_not_after_timestamp_seconds',
      'Until when the certificate of the doors is valid, in seconds since 1970',
      [],
      (gauge) => gauge.set(certificates.validTo.getTime() / 1_000),
    );
  }
  const parts = await options.open(tools);
  const served = await serve({
    module: {
      module: ProcessModule,
      imports: [...parts.modules],
      controllers: [OpsController],
      providers: opsProviders({
        readiness,
        serving,
        registry: metrics.registry,
        openapi: options.openapi,
      }),
    },
    host: config.host,
    httpPort: config.httpPort,
    ...(options.grpc && { grpc: { port: config.grpcPort, ...options.grpc } }),
    logger,
    readiness,
    serving,
    metrics,
    others: new OtherProcesses(options.openapi),
    redact: options.redact,
    gate: parts.gate,
    ...(options.onOpening && { onOpening: options.onOpening }),
    ...(certificates && { certificates }),
    limits: {
      bodyBytes: options.bodyBytes,
      drainMs: config.drainMs,
      maxStreams: config.maxStreams,
    },
  }).catch(async (error: unknown) => {
    await parts.close();
    throw error;
  });
  const grpc = served.grpcAddress === undefined ? '' : ` and gRPC at ${served.grpcAddress}`;
  logger.info(`${options.name} serves HTTP at ${served.httpUrl}${grpc}`);
  const close = async () => {
    try {
      await served.close();
    } finally {
      await parts.close();
    }
  };
  return { ...served, close };
}

/** Runs a process's main: what stops the start is said in a sentence, not in a stack trace, and without secrets. */
export function runMain(main: () => Promise<void>, redact: Redact): void {
  // The reader of our lines may leave (a closed pipe); the ledger stays.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  main().catch((error: unknown) => {
    process.stderr.write(`${redact(sentenceOf(error))}\n`);
    process.exit(1);
  });
}

const refusalBehind = (error: unknown) =>
  isError(error) ? dependencyRefusal(error.cause) : undefined;

function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartRefused) return error.message;
  // What has a path is a file of ours that is not there.
  const isFile = isError(error) && 'path' in error;
  const refusal = isFile ? undefined : (dependencyRefusal(error) ?? refusalBehind(error));
  if (refusal) return `The process cannot start now: ${refusal.reason} (${String(error)}).`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

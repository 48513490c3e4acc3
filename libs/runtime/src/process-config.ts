import { CENTURY_MS, type EnvReader } from './config';
import { readDatabaseUrl } from './database-url';
import { type KafkaConfig, readKafka } from './kafka-config';
import { LOG_LEVELS, type LogLevel } from './logger';
import { type TlsConfig } from './tls/door-certificates';
import { readTlsConfig } from './tls/read-tls-config';

/** What every process reads from its environment (docs/configuration.md). */
export interface ProcessConfig {
  readonly host: string;
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Most gRPC calls under way on one connection. */
  readonly maxStreams: number;
  readonly logLevel: LogLevel;
  /** Who may use the process. */
  readonly access: AccessConfig;
  /** The doors' certificates; `undefined`: they speak without TLS. */
  readonly tls: TlsConfig | undefined;
  readonly databaseUrl: string | undefined;
  /** Where the log is; `undefined`: in Postgres. */
  readonly kafka: KafkaConfig | undefined;
  readonly currency: string;
  /** `undefined`: what the ledger was created with, or the default for a new one. */
  readonly partitions: number | undefined;
  /** Added to every clock the ledger reads; for tests. */
  readonly clockOffsetMs: number;
  /** Most connections to Postgres. */
  readonly databaseConnections: number;
  /** How long a lock, a statement or a connection may take. */
  readonly databaseTimeoutMs: number;
  /** How long a process that was told to stop says that it does, and answers all the same, before it closes its doors. */
  readonly drainDelayMs: number;
  /** How long what is under way may take to finish on shutdown. */
  readonly drainMs: number;
  /** Sentences for the operator about variables that no process reads. */
  readonly hints: readonly string[];
}

export interface AccessConfig {
  /** Everybody may do everything. */
  readonly isOpen: boolean;
  /** How soon a process knows of a change. */
  readonly refreshMs: number;
  /** How long it waits for Postgres to tell. */
  readonly refreshTimeoutMs: number;
  /** Most callers of unknown credentials that wait to be known. */
  readonly maxWaiting: number;
  readonly firstTokenFile: string | undefined;
}

export const DEFAULT_PARTITIONS = 12;

export function readProcessConfig(
  env: EnvReader,
  ports: { readonly http: number; readonly grpc: number },
): Omit<ProcessConfig, 'hints'> {
  return {
    host: env.string('HOST', { default: '127.0.0.1', example: '127.0.0.1' }),
    httpPort: env.port('HTTP_PORT', { default: ports.http, example: ports.http }),
    grpcPort: env.port('GRPC_PORT', { default: ports.grpc, example: ports.grpc }),
    maxStreams: env.integer('GRPC_STREAMS', { default: 1000, min: 1, example: 1000 }),
    logLevel: env.choice('LOG_LEVEL', LOG_LEVELS, { default: 'info' }),
    access: readAccess(env),
    tls: readTlsConfig(env),
    databaseUrl: readDatabaseUrl(env),
    kafka: readKafka(env),
    currency: env.parsed('LEDGER_CURRENCY', {
      parse: (text) => (/^[A-Z]{3}$/.test(text) ? text : undefined),
      expected: 'a currency of three capital letters',
      default: 'USD',
      example: 'USD',
    }),
    partitions:
      env.optional('PARTITIONS') === undefined
        ? undefined
        : env.integer('PARTITIONS', { min: 1, max: 4096, example: DEFAULT_PARTITIONS }),
    clockOffsetMs: env.duration('CLOCK_OFFSET', {
      default: 'PT0S',
      example: 'PT1H',
      minMs: -CENTURY_MS,
      maxMs: CENTURY_MS,
    }),
    databaseConnections: env.integer('DATABASE_CONNECTIONS', {
      default: 16,
      min: 4,
      max: 1000,
      example: 16,
    }),
    databaseTimeoutMs: env.duration('DATABASE_TIMEOUT', { default: 'PT5S', minMs: 100 }),
    drainDelayMs: env.duration('DRAIN_DELAY', { default: 'PT0S', example: 'PT5S' }),
    drainMs: env.duration('DRAIN_TIMEOUT', { default: 'PT10S', example: 'PT10S' }),
  };
}

function readAccess(env: EnvReader): AccessConfig {
  return {
    isOpen: env.flag('INSECURE_NO_AUTH'),
    refreshMs: env.duration('ACCESS_REFRESH', { default: 'PT0.25S', minMs: 10, maxMs: 500 }),
    refreshTimeoutMs: env.duration('ACCESS_TIMEOUT', { default: 'PT1S', minMs: 10 }),
    maxWaiting: env.integer('ACCESS_WAITING', { default: 100, min: 1, example: 100 }),
    firstTokenFile: env.optional('FIRST_TOKEN_FILE'),
  };
}

/** Whether a process on this host can be reached from this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);

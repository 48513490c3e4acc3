import { randomUUID } from 'node:crypto';
import { KAFKA_LIMITS, tellKafkaErrors, type KafkaOptions } from '#libs/spend-log';
import type { LedgerOptions } from './open-ledger';

/** What a process's configuration says about its ledger. */
export interface LedgerSettings {
  /** Which process this is, such as `ingest`. */
  readonly name: string;
  readonly databaseUrl: string;
  readonly databaseConnections: number;
  readonly databaseTimeoutMs: number;
  readonly clockOffsetMs: number;
  readonly currency: string;
  readonly partitions: number | undefined;
  readonly defaultPartitions: number;
  /** Where the log is; `undefined`: in Postgres. */
  readonly kafka: Pick<KafkaOptions, 'brokers' | 'topicPrefix' | 'security'> | undefined;
  /** Names this process among the readers of the log; one of its own each time unless given. */
  readonly reader?: string;
  /** How long an append may wait for the brokers. */
  readonly recordWaitMs?: number;
  readonly onError: (error: unknown, doing: string) => void;
  readonly onWarning?: (sentence: string) => void;
  readonly onDebug?: (line: string) => void;
  /** Of a process that goes on: it says at its start what the database may lose. */
  readonly logger?: { warn(line: string): void };
}

/** The ledger's options with the limits that rarely change. */
export function ledgerOptions(settings: LedgerSettings): LedgerOptions {
  const { onError, onWarning, onDebug, logger } = settings;
  const applicationName = `spend-ledger-${settings.name}`;
  return {
    database: {
      connectionString: settings.databaseUrl,
      applicationName,
      maxConnections: settings.databaseConnections,
      clockOffsetMs: settings.clockOffsetMs,
      timeoutMs: settings.databaseTimeoutMs,
    },
    currency: settings.currency,
    partitions: settings.partitions,
    defaultPartitions: settings.defaultPartitions,
    kafka: settings.kafka && {
      ...settings.kafka,
      ...KAFKA_LIMITS,
      ...(settings.recordWaitMs !== undefined && { appendWaitMs: settings.recordWaitMs }),
      clientId: applicationName,
      onError: tellKafkaErrors({ onError, onDebug }),
      ...(onDebug && { onDebug }),
    },
    ...(onWarning && { onWarning }),
    ...(logger && { onRisk: (risk: string) => logger.warn(risk) }),
    reading: {
      reader: settings.reader ?? `${settings.name}-${randomUUID()}`,
      limits: { records: 1000, bytes: 4 * 1024 * 1024 },
      leaseMs: 5000,
      pollMs: 25,
      retryMs: 500,
      onError,
    },
  };
}

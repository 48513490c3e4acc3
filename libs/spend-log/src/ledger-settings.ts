import type { LedgerOptions } from './open-ledger';

/** What a process's configuration says about its ledger. */
export interface LedgerSettings {
  readonly databaseUrl: string;
  readonly applicationName: string;
  readonly databaseConnections: number;
  readonly databaseTimeoutMs: number;
  readonly clockOffsetMs: number;
  readonly currency: string;
  readonly partitions: number | undefined;
  readonly defaultPartitions: number;
  /** Names this process among the readers of the log. */
  readonly reader: string;
  readonly onError: (error: unknown, doing: string) => void;
}

/** The ledger's options with the limits that rarely change. */
export function ledgerOptions(settings: LedgerSettings): LedgerOptions {
  return {
    database: {
      connectionString: settings.databaseUrl,
      applicationName: settings.applicationName,
      maxConnections: settings.databaseConnections,
      clockOffsetMs: settings.clockOffsetMs,
      timeoutMs: settings.databaseTimeoutMs,
    },
    currency: settings.currency,
    partitions: settings.partitions,
    defaultPartitions: settings.defaultPartitions,
    reading: {
      reader: settings.reader,
      limits: { records: 1000, bytes: 4 * 1024 * 1024 },
      leaseMs: 5000,
      pollMs: 25,
      retryMs: 500,
      onError: settings.onError,
    },
  };
}

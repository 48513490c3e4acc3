import { redactSecrets } from '#libs/ledger';
import { EnvReader, readProcessConfig, type ProcessConfig } from '#libs/runtime';
import type { NameLimits } from './export-file/export-names';

export interface RebuildLimits {
  /** Most of one partition that is written in one transaction. */
  readonly batch: { readonly records: number; readonly bytes: number };
  /** How many transactions at once. */
  readonly parallel: number;
  /** Most windows whose sums a transaction computes anew. */
  readonly maxWindowSums: number;
  /** How long projectors may be kept from writing at a time. */
  readonly holdMs: number;
  /** How long it is tried again when something is in the way. */
  readonly patienceMs: number;
}

export interface CliConfig extends ProcessConfig {
  /** Where the embedded Postgres keeps its data; not used with DATABASE_URL. */
  readonly dataDir: string;
  /** How long one statement may take: an auditor's reads every event. */
  readonly statementMs: number;
  readonly rebuild: RebuildLimits;
  readonly importCheck: NameLimits;
}

export function readConfig(env: NodeJS.ProcessEnv): CliConfig {
  const reader = new EnvReader(env, redactSecrets);
  const config = {
    ...readProcessConfig(reader, { http: 0, grpc: 0 }),
    dataDir: reader.string('DATA_DIR', { default: '.spend-ledger', example: '.spend-ledger' }),
    statementMs: reader.duration('STATEMENT_TIMEOUT', { default: 'PT1H', minMs: 1000 }),
    rebuild: {
      batch: {
        records: reader.integer('REBUILD_BATCH', { default: 5000, min: 1, max: 100_000 }),
        bytes: 8 * 1024 * 1024,
      },
      parallel: reader.integer('REBUILD_PARALLEL', { default: 4, min: 1, max: 64 }),
      maxWindowSums: reader.integer('WINDOW_SUMS_PER_BATCH', { default: 500, min: 0 }),
      // Shorter than what a projector waits for its lock.
      holdMs: reader.duration('REBUILD_HOLD', { default: 'PT2S', minMs: 10, maxMs: 4000 }),
      patienceMs: reader.duration('REBUILD_PATIENCE', { default: 'PT1M' }),
    },
    importCheck: {
      names: reader.integer('IMPORT_CHECK_BATCH', { default: 10_000, min: 1, max: 100_000 }),
    },
  };
  return { ...config, hints: reader.finish() };
}

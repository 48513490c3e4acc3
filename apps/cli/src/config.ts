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
  /** How many checks of `verify` are made at once, each through a connection of its own. */
  readonly verifyParallel: number;
  readonly importCheck: NameLimits;
  readonly litellm: LitellmLimits;
}

export interface LitellmLimits {
  /** Most rows that are read, and recorded, at once. */
  readonly batch: number;
  /** Most batches on their way to the log. */
  readonly batches: number;
  /** Most entries of each list of the report. */
  readonly listed: number;
  /** How often new rows are looked for. */
  readonly pollMs: number;
  /** How far behind the newest row late ones are looked for. */
  readonly lookBackMs: number;
  /** Most rows that are remembered as recorded. */
  readonly seen: number;
  /** Most budgets in force on one account. */
  readonly maxPerAccount: number;
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
    verifyParallel: reader.integer('VERIFY_PARALLEL', { default: 2, min: 1, max: 64 }),
    importCheck: {
      names: reader.integer('IMPORT_CHECK_BATCH', { default: 10_000, min: 1, max: 100_000 }),
    },
    litellm: {
      batch: reader.integer('LITELLM_BATCH', { default: 1000, min: 1, max: 10_000 }),
      batches: reader.integer('LITELLM_BATCHES', { default: 4, min: 1, max: 64 }),
      listed: reader.integer('LITELLM_LISTED', { default: 1000, min: 1, max: 100_000 }),
      pollMs: reader.duration('LITELLM_POLL', { default: 'PT1S', minMs: 10 }),
      lookBackMs: reader.duration('LITELLM_LOOK_BACK', { default: 'P1D', minMs: 1000 }),
      seen: reader.integer('LITELLM_SEEN', { default: 1_000_000, min: 2 }),
      maxPerAccount: reader.integer('BUDGETS_PER_ACCOUNT', { default: 250, min: 1, max: 500 }),
    },
  };
  return { ...config, hints: reader.finish() };
}

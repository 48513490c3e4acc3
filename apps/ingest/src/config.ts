import { redactSecrets } from '#libs/ledger';
import { readHoldSlots, readLabelNames } from '#libs/opening';
import {
  EnvReader,
  readListLimits,
  readProcessConfig,
  readRecordTimeout,
  type ProcessConfig,
} from '#libs/runtime';
import type { IngestParts } from './ingest-parts';

export interface IngestConfig extends ProcessConfig {
  readonly limits: IngestParts['limits'];
  readonly lists: IngestParts['lists'];
  /** What usage is priced by; `undefined`: it has no price. */
  readonly pricesFile: string | undefined;
  readonly labels: IngestParts['labels'];
}

export function readConfig(env: NodeJS.ProcessEnv): IngestConfig {
  const reader = new EnvReader(env, redactSecrets);
  const config = {
    ...readProcessConfig(reader, { http: 8081, grpc: 9091 }),
    limits: readIngestLimits(reader),
    lists: readListLimits(reader),
    pricesFile: reader.optional('PRICES_FILE'),
    labels: readLabelNames(reader),
  };
  return { ...config, hints: reader.finish() };
}

export function readIngestLimits(env: EnvReader): IngestParts['limits'] {
  return {
    maxBatch: env.integer('RECORD_BATCH', { default: 1000, min: 1, example: 1000 }),
    maxQueue: env.integer('RECORD_QUEUE', { default: 20_000, min: 1, example: 20_000 }),
    recordWaitMs: readRecordTimeout(env),
    holdSlots: readHoldSlots(env),
    holdIdleMs: env.duration('HOLD_IDLE', { default: 'PT1S', minMs: 1, example: 'PT1S' }),
    applyWaitMs: env.duration('APPLY_WAIT', { default: 'PT5S', example: 'PT5S' }),
    visibleWaitMs: env.duration('VISIBLE_WAIT', { default: 'PT2S', example: 'PT2S' }),
    knownEndEveryMs: env.duration('KNOWN_END_EVERY', {
      default: 'PT1S',
      minMs: 1,
      example: 'PT1S',
    }),
    maxPerAccount: env.integer('BUDGETS_PER_ACCOUNT', { default: 250, min: 1, max: 500 }),
    maxAttempts: 100,
    pollMs: env.duration('RELAY_POLL', { default: 'PT0.1S', minMs: 1, example: 'PT0.1S' }),
    retryMs: 500,
  };
}

import { parseBudgetId, redactSecrets } from '#libs/ledger';
import { readHoldSlots, readLabelNames } from '#libs/opening';
import {
  CENTURY_MS,
  EnvReader,
  readListLimits,
  readMaxLag,
  readProcessConfig,
  readRecordTimeout,
  type ProcessConfig,
} from '#libs/runtime';
import type { AuthParts, DecisionSettings, GatewaySettings, HoldSettings } from './auth-parts';

/** What operators decide about checks. */
export type AuthPolicy = Pick<
  AuthParts,
  | 'unbudgeted'
  | 'labels'
  | 'maxLagMs'
  | 'limits'
  | 'decisions'
  | 'holds'
  | 'asOf'
  | 'lists'
  | 'budgetMetrics'
> & {
  readonly gateways: GatewaySettings & { readonly path: string | undefined };
};

export interface AuthConfig extends ProcessConfig {
  readonly policy: AuthPolicy;
  /** What usage is priced by; `undefined`: it has no price. */
  readonly pricesFile: string | undefined;
}

export function readConfig(env: NodeJS.ProcessEnv): AuthConfig {
  const reader = new EnvReader(env, redactSecrets);
  const config = {
    ...readProcessConfig(reader, { http: 8083, grpc: 9093 }),
    policy: readAuthPolicy(reader),
    pricesFile: reader.optional('PRICES_FILE'),
  };
  return { ...config, hints: reader.finish() };
}

export function readAuthPolicy(env: EnvReader): AuthPolicy {
  return {
    unbudgeted: env.choice('UNBUDGETED', ['allow', 'deny'] as const, { default: 'allow' }),
    labels: readLabelNames(env),
    maxLagMs: readMaxLag(env),
    limits: {
      maxBatch: env.integer('CHECK_BATCH', { default: 512, min: 1, example: 512 }),
      maxQueue: env.integer('CHECK_QUEUE', { default: 20_000, min: 1, example: 20_000 }),
      maxAccounts: env.integer('LAST_KNOWN_ACCOUNTS', { default: 100_000, min: 1 }),
      checkWaitMs: env.duration('CHECK_TIMEOUT', { default: 'PT1S', minMs: 1 }),
      retryMs: env.duration('CHECK_RETRY', { default: 'PT0.05S', example: 'PT0.05S' }),
      ownWritesWaitMs: env.duration('OWN_WRITES_WAIT', { default: 'PT0.2S', example: 'PT0.2S' }),
      visibleWaitMs: env.duration('VISIBLE_WAIT', { default: 'PT2S', example: 'PT2S' }),
    },
    decisions: readDecisionSettings(env),
    holds: readHoldSettings(env),
    asOf: {
      concurrency: env.integer('AS_OF_READS', { default: 2, min: 1, max: 64, example: 2 }),
      maxQueue: env.integer('AS_OF_QUEUE', { default: 100, min: 1, example: 100 }),
      timeoutMs: env.duration('AS_OF_TIMEOUT', { default: 'PT10S', minMs: 1 }),
      marksPerMinute: env.integer('MARKS_PER_MINUTE', { default: 30, min: 1, example: 30 }),
      waitMs: env.duration('AS_OF_WAIT', { default: 'PT3S', example: 'PT3S' }),
    },
    lists: {
      ...readListLimits(env),
      sumEntries: env.integer('SUM_ENTRIES', { default: 1_000_000, min: 1, example: 1_000_000 }),
      sumWindows: env.integer('SUM_WINDOWS', { default: 4000, min: 1, max: 10_000, example: 4000 }),
      explainEntries: env.integer('EXPLAIN_ENTRIES', { default: 1000, min: 1, max: 10_000 }),
      seriesPoints: env.integer('SERIES_POINTS', { default: 1000, min: 1, max: 10_000 }),
      burnPoints: env.integer('BURN_POINTS', { default: 100, min: 10, max: 1000 }),
    },
    budgetMetrics: readBudgetMetrics(env),
    gateways: {
      path: env.optional('GATEWAYS_FILE'),
      backlog: {
        most: env.integer('GATEWAY_BACKLOG', { default: 10_000, min: 1, example: 10_000 }),
        firstRetryMs: 100,
        mostRetryMs: env.duration('GATEWAY_RETRY', {
          default: 'PT2S',
          minMs: 100,
          example: 'PT2S',
        }),
      },
      answerWaitMs: env.duration('FORWARD_AUTH_TIMEOUT', {
        default: 'PT5S',
        minMs: 1,
        example: 'PT5S',
      }),
      stopWaitMs: 5_000,
      mostEventBytes: env.integer('GATEWAY_EVENT_BYTES', {
        default: 1_048_576,
        min: 1024,
        example: 1_048_576,
      }),
    },
  };
}

/** Each is three series, and a question to Postgres at each scrape. */
const MOST_BUDGET_METRICS = 200;

function readBudgetMetrics(env: EnvReader): readonly string[] {
  const ids = (env.optional('BUDGET_METRICS') ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter(Boolean);
  const areIds = ids.every((id) => parseBudgetId(id, 'budgetId').ok);
  if (!areIds || ids.length > MOST_BUDGET_METRICS) {
    const fault = `must be ids of budgets, joined with commas, at most ${MOST_BUDGET_METRICS}`;
    env.fault('BUDGET_METRICS', fault, 'alice-monthly,ml-team');
  }
  return [...new Set(ids)];
}

function readDecisionSettings(env: EnvReader): DecisionSettings {
  return {
    record: env.choice('RECORD_DECISIONS', ['refusals', 'all'] as const, { default: 'refusals' }),
    retentionMs: env.duration('DECISION_RETENTION', {
      default: 'P30D',
      minMs: 60_000,
      maxMs: CENTURY_MS,
    }),
    maxQueue: env.integer('DECISION_QUEUE', { default: 10_000, min: 1, example: 10_000 }),
    maxBatch: env.integer('DECISION_BATCH', { default: 200, min: 1, max: 10_000, example: 200 }),
    flushMs: env.duration('DECISION_FLUSH', { default: 'PT0.1S', minMs: 1, example: 'PT0.1S' }),
    retryMs: 250,
    maxRetryMs: 5_000,
    stopWaitMs: 5_000,
    sweepMs: 60_000,
    findWaitMs: 500,
    perMinute: env.integer('REFUSALS_PER_MINUTE', { default: 6000, min: 1, example: 6000 }),
  };
}

function readHoldSettings(env: EnvReader): HoldSettings {
  return {
    maxBatch: env.integer('HOLD_BATCH', { default: 512, min: 1, max: 10_000, example: 512 }),
    maxQueue: env.integer('HOLD_QUEUE', { default: 20_000, min: 1, example: 20_000 }),
    concurrency: env.integer('HOLD_FLUSHES', { default: 1, min: 1, max: 16, example: 1 }),
    recordWaitMs: readRecordTimeout(env),
    maxAttempts: 5,
    slots: readHoldSlots(env),
    maxPerCaller: env.integer('HOLDS_PER_CALLER', { default: 1_000_000, min: 1 }),
    idleMs: env.duration('HOLD_IDLE', { default: 'PT1S', minMs: 1, example: 'PT1S' }),
    retentionMs: env.duration('HOLD_RETENTION', {
      default: 'P30D',
      minMs: 30 * 86_400_000,
      maxMs: CENTURY_MS,
    }),
    expiryBatch: env.integer('EXPIRY_BATCH', { default: 200, min: 1, max: 10_000, example: 200 }),
    expiryPollMs: env.duration('EXPIRY_POLL', { default: 'PT1S', minMs: 1, maxMs: 4_000 }),
    sweepMs: 60_000,
    maxSweep: 1000,
    leastDueSums: 100,
    retryMs: 1000,
    maxExpiries: 10_000,
  };
}

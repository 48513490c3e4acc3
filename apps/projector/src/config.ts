import { redactSecrets } from '#libs/ledger';
import {
  CENTURY_MS,
  EnvReader,
  readMaxLag,
  readProcessConfig,
  type ProcessConfig,
} from '#libs/runtime';
import type { ProjectorLimits } from './project-log';
import type { VerifySettings } from './verification/ledger-verifier';
import {
  parseWebhookSecrets,
  parseWebhookUrl,
  type WebhookSettings,
} from './warnings/delivery/webhook-settings';
import type { WarningSettings } from './warnings/warning-settings';

export interface ProjectorConfig extends ProcessConfig {
  readonly limits: ProjectorLimits;
  readonly warnings: WarningSettings;
  readonly verification: VerifySettings | undefined;
}

export function readConfig(env: NodeJS.ProcessEnv): ProjectorConfig {
  const reader = new EnvReader(env, redactSecrets);
  const config = {
    ...readProcessConfig(reader, { http: 8082, grpc: 0 }),
    limits: readProjectorLimits(reader),
    warnings: readWarningSettings(reader),
    verification: readVerifySettings(reader),
  };
  return { ...config, hints: reader.finish() };
}

export function readProjectorLimits(env: EnvReader): ProjectorLimits {
  return {
    caughtUpEveryMs: env.duration('CAUGHT_UP_EVERY', {
      default: 'PT0.25S',
      example: 'PT0.25S',
      minMs: 10,
      maxMs: 1000,
    }),
    maxLagMs: readMaxLag(env),
    maxWindowSums: env.integer('WINDOW_SUMS_PER_BATCH', { default: 500, min: 0, example: 500 }),
  };
}

/** `undefined`: never. */
export function readVerifySettings(env: EnvReader): VerifySettings | undefined {
  const everyMs = env.duration('VERIFY_EVERY', {
    default: 'PT24H',
    minMs: 1,
    maxMs: CENTURY_MS,
    off: /^(?:0|off)$/i,
  });
  const settings = {
    statementMs: env.duration('VERIFY_TIMEOUT', { default: 'PT1H', minMs: 1000 }),
    most: env.integer('VERIFY_LINES', { default: 100, min: 1, example: 100 }),
  };
  return everyMs > 0 ? { everyMs, ...settings } : undefined;
}

export function readWarningSettings(env: EnvReader): WarningSettings {
  const positive = (name: string, fallback: number) =>
    env.integer(name, { default: fallback, min: 1, example: fallback });
  return {
    test: {
      maxTouched: positive('WARNING_TEST_QUEUE', 20_000),
      maxBatch: positive('WARNING_TEST_BATCH', 500),
      pauseMs: env.duration('WARNING_TEST_PAUSE', { default: 'PT0.1S' }),
      pollMs: env.duration('WARNING_TEST_POLL', { default: 'PT1S', minMs: 10 }),
      retryMs: env.duration('WARNING_TEST_RETRY', { default: 'PT1S', minMs: 10 }),
    },
    webhook: readWebhook(env),
  };
}

/** Their faults never tell their values: an address can be a secret as a whole. */
function readWebhook(env: EnvReader): WebhookSettings | undefined {
  const limits = {
    timeoutMs: env.duration('WARNING_WEBHOOK_TIMEOUT', { default: 'PT10S', minMs: 100 }),
    firstRetryMs: env.duration('WARNING_WEBHOOK_FIRST_RETRY', { default: 'PT5S', minMs: 10 }),
    longestRetryMs: env.duration('WARNING_WEBHOOK_LONGEST_RETRY', { default: 'PT1H', minMs: 10 }),
    giveUpAfterMs: env.duration('WARNING_WEBHOOK_GIVE_UP_AFTER', {
      default: 'P3D',
      minMs: 1000,
      maxMs: CENTURY_MS,
    }),
    concurrency: env.integer('WARNING_WEBHOOK_CONCURRENCY', { default: 4, min: 1, max: 256 }),
    pollMs: env.duration('WARNING_WEBHOOK_POLL', { default: 'PT1S', minMs: 10 }),
    failureMs: env.duration('WARNING_WEBHOOK_RETRY', { default: 'PT1S', minMs: 10 }),
  };
  const url = env.optional('WARNING_WEBHOOK_URL');
  const secret = env.optional('WARNING_WEBHOOK_SECRET');
  if (url === undefined) return undefined;
  const endpoint = parseWebhookUrl(url);
  if (!endpoint) {
    const fault = 'must be the address of an HTTP receiver';
    env.fault('WARNING_WEBHOOK_URL', fault, 'https://hooks.example.com/spend');
  }
  const secrets = secret === undefined ? undefined : parseWebhookSecrets(secret);
  if (!secrets) {
    env.fault(
      'WARNING_WEBHOOK_SECRET',
      `${secret === undefined ? 'is not set, but with WARNING_WEBHOOK_URL ' : ''}must be whsec_ and 24 to 64 bytes in base64, or up to 8 of these separated by spaces`,
      'whsec_c2lnbnMgdGhlIHdhcm5pbmdzIG9mIGEgbGVkZ2Vy',
    );
  }
  return endpoint && secrets ? { ...endpoint, secrets, ...limits } : undefined;
}

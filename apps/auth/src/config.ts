import { EnvReader, readProcessConfig, type ProcessConfig } from '#libs/runtime';
import type { AuthParts } from './auth-parts';

/** What operators decide about checks. */
export type AuthPolicy = Pick<AuthParts, 'unbudgeted' | 'maxLagMs' | 'limits'>;

export interface AuthConfig extends ProcessConfig {
  readonly policy: AuthPolicy;
}

export function readConfig(env: NodeJS.ProcessEnv): AuthConfig {
  const reader = new EnvReader(env);
  const config = {
    ...readProcessConfig(reader, { http: 8083, grpc: 9093 }),
    policy: readAuthPolicy(reader),
  };
  reader.finish();
  return config;
}

export function readAuthPolicy(env: EnvReader): AuthPolicy {
  return {
    unbudgeted: env.choice('UNBUDGETED', ['allow', 'deny'] as const, { default: 'allow' }),
    maxLagMs: env.duration('MAX_LAG', { default: 'PT30S', minMs: 1000 }),
    limits: {
      maxBatch: env.integer('CHECK_BATCH', { default: 512, min: 1, example: 512 }),
      maxQueue: env.integer('CHECK_QUEUE', { default: 20_000, min: 1, example: 20_000 }),
      maxAccounts: env.integer('LAST_KNOWN_ACCOUNTS', { default: 100_000, min: 1 }),
      checkWaitMs: env.duration('CHECK_TIMEOUT', { default: 'PT1S', minMs: 1 }),
      retryMs: env.duration('CHECK_RETRY', { default: 'PT0.05S', example: 'PT0.05S' }),
      ownWritesWaitMs: env.duration('OWN_WRITES_WAIT', { default: 'PT0.2S', example: 'PT0.2S' }),
      visibleWaitMs: env.duration('VISIBLE_WAIT', { default: 'PT2S', example: 'PT2S' }),
    },
  };
}

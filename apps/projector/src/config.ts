import { EnvReader, readProcessConfig, type ProcessConfig } from '#libs/runtime';
import type { ProjectorLimits } from './project-log';

export interface ProjectorConfig extends ProcessConfig {
  readonly limits: ProjectorLimits;
}

export function readConfig(env: NodeJS.ProcessEnv): ProjectorConfig {
  const reader = new EnvReader(env);
  const config = {
    ...readProcessConfig(reader, { http: 8082, grpc: 0 }),
    limits: readProjectorLimits(reader),
  };
  reader.finish();
  return config;
}

export function readProjectorLimits(env: EnvReader): ProjectorLimits {
  return {
    caughtUpEveryMs: env.duration('CAUGHT_UP_EVERY', {
      default: 'PT0.25S',
      example: 'PT0.25S',
      minMs: 10,
      maxMs: 1000,
    }),
  };
}

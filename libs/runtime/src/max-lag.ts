import { type EnvReader } from './config';

/** Above this lag of the projection answers are degraded, and its projector is not ready. @returns milliseconds */
export const readMaxLag = (env: EnvReader): number =>
  env.duration('MAX_LAG', { default: 'PT30S', minMs: 1000 });

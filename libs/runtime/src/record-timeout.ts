import { type EnvReader } from './config';

/** How long a caller that records, holds or changes something waits for an answer. @returns milliseconds */
export const readRecordTimeout = (env: EnvReader): number =>
  env.duration('RECORD_TIMEOUT', { default: 'PT5S', minMs: 100, example: 'PT5S' });

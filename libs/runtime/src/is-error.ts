import { isNativeError } from 'node:util/types';

/** Also what only inherits from Error (Fastify's), and what comes from another realm (Jest's Node). */
export const isError = (value: unknown): value is Error =>
  value instanceof Error || isNativeError(value);

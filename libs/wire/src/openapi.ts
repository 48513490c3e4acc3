import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { WIRE_FOLDER } from './proto-path';

/** The HTTP face of the ledger, as OpenAPI 3.1. */
export function readOpenApi(): object {
  return JSON.parse(readFileSync(resolve(WIRE_FOLDER, 'openapi.json'), 'utf8')) as object;
}

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The HTTP face of the ledger, as OpenAPI 3.1. */
export function readOpenApi(): object {
  return JSON.parse(readFileSync(resolve(__dirname, '../openapi.json'), 'utf8')) as object;
}

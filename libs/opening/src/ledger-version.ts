import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { WIRE_FOLDER } from '#libs/wire';

/** The version of this build, as its package.json has it. */
export function readLedgerVersion(): string {
  let folder = WIRE_FOLDER;
  while (!existsSync(resolve(folder, 'package.json'))) folder = dirname(folder);
  const text = readFileSync(resolve(folder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PROTO_PATH } from '#libs/wire';
import { OPENAPI } from './generate-client';

const PROVEN = resolve(__dirname, '../proven.json');
const PROGRAMS = resolve(__dirname, '../programs');

/** SHA-256 of what the clients in Go and Java are made of. */
export function whatIsThere(): Record<string, string> {
  const programs = readdirSync(PROGRAMS)
    .filter((name) => /\.(?:go|java)$/.test(name))
    .sort()
    .map((name) => join(PROGRAMS, name));
  return {
    openapi: digestOf(OPENAPI),
    proto: digestOf(PROTO_PATH),
    programs: digestOf(...programs),
  };
}

/** The same, of what was last seen to work. */
export function whatIsProven(): unknown {
  return JSON.parse(readFileSync(PROVEN, 'utf8'));
}

export function writeProven(proven: object): void {
  writeFileSync(PROVEN, `${JSON.stringify(proven, null, 2)}\n`);
}

function digestOf(...files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * Writes `src/openapi.ts`: the types of what the ledger's document calls its schemas, from its address or from a file.
 * `npm run generate -- <address or file> [<output>]`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const DOCUMENT = resolve(FOLDER, '../../libs/wire/openapi.json');
const PACKAGE = createRequire(import.meta.url).resolve('openapi-typescript/package.json');
const [from = DOCUMENT, output = resolve(FOLDER, 'src/openapi.ts')] = process.argv.slice(2);

const text = /^https?:/.test(from) ? await (await fetch(from)).text() : readFileSync(from, 'utf8');
// The doors are written by hand, so that their types would only make the package larger.
const { openapi, info, components } = JSON.parse(text);
// What only people read in a console would do that too.
const schemas = Object.fromEntries(
  Object.entries(components.schemas).filter(([, schema]) => !schema['x-console']),
);
const document = JSON.stringify({ openapi, info, paths: {}, components: { schemas } });
const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
const file = join(folder, 'openapi.json');
writeFileSync(file, document);
const program = resolve(dirname(PACKAGE), 'bin/cli.js');
execFileSync(process.execPath, [program, file, '--output', output], { stdio: 'ignore' });
rmSync(folder, { recursive: true });
console.log(`${output} has the types of ${from}`);

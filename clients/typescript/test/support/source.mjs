import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const SOURCES = resolve(dirname(fileURLToPath(import.meta.url)), '../../src');

/** A module of the sources, for tests of what the package does not export. */
export function source(name) {
  const outfile = join(mkdtempSync(join(tmpdir(), 'source-')), 'module.mjs');
  const entryPoints = [join(SOURCES, `${name}.ts`)];
  buildSync({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node' });
  return import(pathToFileURL(outfile).href);
}

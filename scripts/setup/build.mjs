import { createHash } from 'node:crypto';
import { copyFileSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundle } from './bundle.mjs';
import { runChild } from './child.mjs';
import { PlainError, say, secondsSince } from './say.mjs';

const STAMP = 'dist/.build-stamp';
const SOURCES = [
  'apps/**/*.*',
  'libs/**/*.*',
  'bench/**/*.*',
  'scripts/setup/{build,bundle,lazy-library}.*',
  'tsconfig*.json',
  'package-lock.json',
];
/** Files that compiled code reads at run time, found at the same relative place as in the source tree. */
const ASSETS = [
  'libs/*/{proto,envoy}/**/*.proto',
  'libs/*/*.binpb',
  'libs/*/openapi.json',
  'libs/**/*.sql',
];

/** Names, sizes and times decide, not contents: this runs at each start. */
export function isBuilt() {
  try {
    return readFileSync(STAMP, 'utf8') === fingerprint();
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

export async function build() {
  say('Building.');
  const startMs = Date.now();
  const stamp = fingerprint();
  const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'];
  const { code } = await runChild(process.execPath, args, { stdio: ['ignore', 2, 2] });
  if (code !== 0) throw new PlainError('The build failed; see above.');
  for (const asset of globSync(ASSETS)) copyAsset(asset);
  await bundle();
  writeFileSync(STAMP, stamp);
  say(`Built in ${secondsSince(startMs)}.`);
}

function copyAsset(file) {
  const copy = join('dist', file);
  mkdirSync(dirname(copy), { recursive: true });
  copyFileSync(file, copy);
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES).sort()) {
    if (/\.(spec|fixture)\.ts$/.test(file)) continue;
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

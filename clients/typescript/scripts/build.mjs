/**
 * Builds `dist/`: one copy of the code, as CommonJS, and ES modules that hand it on. So a program that loads both has
 * one class of each error, and the package stays small. The types are tsc's, the proto is the server's without its comments.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { joinTypes } from './join-types.mjs';

const FOLDER = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** It takes the place of `dist/` when it is whole, so that nobody meets half a build. */
const DIST = join(FOLDER, `node_modules/.dist-${process.pid}`);
const TSC = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');
const PUBLIC = ['index', 'journal/index'];
const PROTO = resolve(FOLDER, '../../libs/wire/proto/spendledger.proto');

const types = [TSC, '-p', 'tsconfig.json', '--outDir', join(DIST, 'cjs')];
execFileSync(process.execPath, types, { cwd: FOLDER, stdio: 'inherit' });
joinTypes(join(DIST, 'cjs'), PUBLIC);
buildSync({
  absWorkingDir: FOLDER,
  entryPoints: PUBLIC.map((entry) => `src/${entry}.ts`),
  outbase: 'src',
  outdir: join(DIST, 'cjs'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'es2022',
  external: ['#journal'],
  outExtension: { '.js': '.cjs' },
  // Test runners load CommonJS into places that have no import().
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  // An uncaught error shows its line, and debuggers show lines too. Shorter ones would make the package too large.
  lineLimit: 240,
  minifySyntax: true,
  legalComments: 'none',
});
for (const entry of PUBLIC) handOn(entry);
cpSync(join(FOLDER, 'src/journal/none.cjs'), join(DIST, 'cjs/journal/none.cjs'));
mkdirSync(join(DIST, 'proto'));
writeFileSync(join(DIST, 'proto/spendledger.proto'), withoutComments(readFileSync(PROTO, 'utf8')));
rmSync(join(FOLDER, 'dist'), { recursive: true, force: true });
renameSync(DIST, join(FOLDER, 'dist'));

/** They would make the package too large. */
function withoutComments(proto) {
  return proto.replace(/^\s*\/\/.*\n/gm, '');
}

/** An ES module with the same names. */
function handOn(entry) {
  const code = join(DIST, 'cjs', `${entry}.cjs`);
  const names = Object.keys(createRequire(import.meta.url)(code));
  const from = `'${entry.includes('/') ? '../../' : '../'}cjs/${entry}.cjs'`;
  write(`esm/${entry}.js`, `export { ${names.sort().join(', ')} } from ${from};`);
  write(`esm/${entry}.d.ts`, `export * from ${from};`);
}

function write(path, text) {
  mkdirSync(dirname(join(DIST, path)), { recursive: true });
  writeFileSync(join(DIST, path), `${text}\n`);
}

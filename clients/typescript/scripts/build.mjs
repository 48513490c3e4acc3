/**
 * Builds `dist/`: one copy of the code, as CommonJS, and ES modules that hand it on. So a program that loads both has
 * one class of each error, and the package stays small. The types are tsc's, the proto is the server's.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { pruneTypes } from './prune-types.mjs';

const FOLDER = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const DIST = join(FOLDER, 'dist');
const TSC = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');
const ENTRIES = ['index', 'journal/index', 'journal/none'];
const PROTO = resolve(FOLDER, '../../libs/wire/proto/spendledger.proto');

rmSync(DIST, { recursive: true, force: true });
execFileSync(process.execPath, [TSC, '-p', 'tsconfig.json'], { cwd: FOLDER, stdio: 'inherit' });
pruneTypes(join(DIST, 'cjs'), ENTRIES);
buildSync({
  absWorkingDir: FOLDER,
  entryPoints: ENTRIES.map((entry) => `src/${entry}.ts`),
  outbase: 'src',
  outdir: 'dist/cjs',
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'es2022',
  external: ['#journal'],
  // Test runners load CommonJS into places that have no import().
  supported: { 'dynamic-import': false },
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
});
// Where a runtime has no files, there is no journal, and a bundle for it needs none.
const journal = { node: './journal/index.js', default: './journal/none.js' };
write('cjs/package.json', {
  type: 'commonjs',
  sideEffects: false,
  imports: { '#journal': journal },
});
write('esm/package.json', { type: 'module', sideEffects: false });
for (const entry of ENTRIES.slice(0, 2)) handOn(entry);
mkdirSync(join(DIST, 'proto'));
cpSync(PROTO, join(DIST, 'proto/spendledger.proto'));

/** An ES module with the same names. */
function handOn(entry) {
  const code = join(DIST, 'cjs', `${entry}.js`);
  const names = Object.keys(createRequire(import.meta.url)(code));
  const from = `'${entry.includes('/') ? '../../' : '../'}cjs/${entry}.js'`;
  write(`esm/${entry}.js`, `export { ${names.sort().join(', ')} } from ${from};`);
  write(`esm/${entry}.d.ts`, `export * from ${from};`);
}

function write(path, text) {
  mkdirSync(dirname(join(DIST, path)), { recursive: true });
  const printed = typeof text === 'string' ? text : JSON.stringify(text);
  writeFileSync(join(DIST, path), `${printed}\n`);
}

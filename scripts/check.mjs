/** `npm run check [-- <step> ...]`: everything that can be said without running the code. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { capture } from './setup/capture.mjs';
import { secondsSince } from './setup/say.mjs';

const node = (file, ...args) => [process.execPath, join('node_modules', file), ...args];
const own = (file) => [process.execPath, join('scripts/check', file)];
const buf = (...args) => [join('node_modules/.bin/buf'), ...args];

/** The slowest first, so that the others fill the gaps beside them. */
const STEPS = {
  lint: [node('eslint/bin/eslint.js', '.', '--max-warnings=0')],
  types: ['.', 'clients/typescript'].map((folder) =>
    node('typescript/bin/tsc', '--noEmit', '-p', join(folder, 'tsconfig.json')),
  ),
  format: [node('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.')],
  dependencies: [own('dependency-rules.mjs')],
  'dead code': [node('knip/bin/knip.js', '--no-progress', '--no-config-hints')],
  proto: [
    buf('lint'),
    buf('breaking', 'libs/wire/proto', '--against', 'libs/wire/released'),
    own('proto-descriptors.mjs'),
  ],
  packages: [own('pinned.mjs'), own('licences.mjs')],
  tidy: [own('tidy.mjs')],
  docs: [own('prose.mjs'), own('links.mjs'), own('invariants.mjs'), own('variables.mjs')],
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in STEPS));
if (unknown.length > 0) {
  console.error(
    `No such step: ${unknown.join(', ')}. There are: ${Object.keys(STEPS).join(', ')}.`,
  );
  process.exit(1);
}

const startMs = Date.now();
const queue = Object.entries(STEPS).filter(([name]) => asked.length === 0 || asked.includes(name));
const failed = [];
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, workThrough));
const outcome = failed.length === 0 ? 'all passed' : `failed: ${failed.join(', ')}`;
console.log(`check: ${outcome} (${secondsSince(startMs)})`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function workThrough() {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) await runStep(step);
}

/** A step's output is shown whole, so that steps beside each other do not mix. */
async function runStep([name, commands]) {
  const stepStartMs = Date.now();
  const results = [];
  for (const [command, ...args] of commands) results.push(await capture(command, args));
  const ok = results.every(({ code }) => code === 0);
  if (!ok) failed.push(name);
  console.log(`${ok ? '✓' : '✗'} ${name} (${secondsSince(stepStartMs)})`);
  const output = results
    .map(({ text }) => text.trim())
    .filter(Boolean)
    .join('\n');
  if (output) console.log(output.replace(/^/gm, '  '));
}

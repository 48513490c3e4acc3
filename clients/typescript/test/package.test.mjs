import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { buildSync } from 'esbuild';
import * as imported from 'spend-ledger';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

test('import and require have the same classes', () => {
  const required = require('spend-ledger');
  assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).sort());
  for (const [name, value] of Object.entries(imported)) assert.equal(value, required[name]);
});

test('the version is the one of the package', () => {
  const { version } = JSON.parse(readFileSync(join(FOLDER, '../package.json'), 'utf8'));
  assert.equal(imported.VERSION, version);
});

test('the proto is published beside it', () => {
  const proto = readFileSync(require.resolve('spend-ledger/proto/spendledger.proto'), 'utf8');
  assert.match(proto, /package spendledger\.v1;/);
});

test('a bundle for a worker needs no module of Node, and works without a journal', async () => {
  const contents = `import { SpendLedger, user } from 'spend-ledger';
    const client = new SpendLedger({ url: 'http://ledger', journal: false, maxRetries: 0, fetch });
    done = client.spend(user('alice'), { estimate: '1.00' }, () => 1).catch((error) => error.name);`;
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: FOLDER },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    // The package is inside its own project here: what that says about paths is not for others.
    tsconfigRaw: {},
  });
  const web = {
    AbortController,
    URL,
    URLSearchParams,
    crypto,
    performance,
    setTimeout,
    clearTimeout,
  };
  const fetch = () => Promise.reject(new Error('offline'));
  const worker = { ...web, fetch, done: undefined };
  runInNewContext(outputFiles[0].text, worker);
  assert.equal(await worker.done, 'LedgerUnavailable');
});

test('the compiler refuses what the client refuses', () => {
  const project = mkdtempSync(join(FOLDER, '../node_modules/.usage-'));
  const program = readFileSync(join(FOLDER, 'support/usage.ts.txt'), 'utf8');
  writeFileSync(join(project, 'usage.ts'), program);
  const settings = {
    compilerOptions: {
      module: 'nodenext',
      target: 'es2022',
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: ['node'],
    },
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(settings));
  execFileSync(process.execPath, [require.resolve('typescript/lib/tsc.js'), '-p', project]);
});

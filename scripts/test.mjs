/**
 * `npm test [-- <Jest arguments>]`: every test, and as the last line `N passed, N failed`.
 * What did not run counts as failed: broken suites, skipped tests, no tests, no real Postgres, no real Kafka.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge } from './test-verdict.mjs';

/** How long Jest may take to end after its last test; a test that left something running keeps it alive. */
const LEAK_GRACE_MS = 30_000;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const args = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'spend-ledger-test-'));
const file = join(folder, 'summary.json');

const exit = await runJest();
const verdict = judge({ summary: readSummary(), exit, args, env: process.env });
rmSync(folder, { recursive: true, force: true });
for (const note of verdict.notes) console.log(note);
console.log(`${verdict.passed} passed, ${verdict.failed} failed`);
process.exitCode = verdict.failed === 0 ? 0 : 1;

function runJest() {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      ...args,
    ],
    { stdio: 'inherit', env: { ...process.env, SPEND_LEDGER_TEST_SUMMARY: file } },
  );
  for (const name of FORWARDED) process.on(name, () => child.kill(name));
  return new Promise((resolve) => {
    const watch = setInterval(() => stopWhenLeaking(child, watch), 1_000);
    child.once('close', (code, signal) => {
      clearInterval(watch);
      resolve({ code, signal });
    });
  });
}

function stopWhenLeaking(child, watch) {
  if (readSummary() === undefined) return;
  clearInterval(watch);
  const timer = setTimeout(() => child.kill('SIGKILL'), LEAK_GRACE_MS);
  child.once('close', () => clearTimeout(timer));
}

function readSummary() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

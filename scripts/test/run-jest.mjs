import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long Jest may take to end after its last test; a test that left something running keeps it alive. */
const LEAK_GRACE_MS = 30_000;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs Jest once.
 * @returns `{ summary, exit }`: what count-reporter.cjs wrote, if it came to that, and how the process ended
 */
export async function runJest({ kinds, environment }, args) {
  const folder = mkdtempSync(join(tmpdir(), 'spend-ledger-test-'));
  const file = join(folder, 'summary.json');
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      ...args,
    ],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        ...environment,
        // Jest and the processes under test start hundreds of times.
        NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
        SPEND_LEDGER_TEST_KINDS: kinds.join('|'),
        SPEND_LEDGER_TEST_SUMMARY: file,
      },
    },
  );
  const forward = (signal) => child.kill(signal);
  for (const name of FORWARDED) process.on(name, forward);
  const exit = await ended(child, file);
  for (const name of FORWARDED) process.off(name, forward);
  const summary = readSummary(file);
  rmSync(folder, { recursive: true, force: true });
  return { summary, exit };
}

function ended(child, file) {
  return new Promise((resolve) => {
    const watch = setInterval(() => stopWhenLeaking(child, file, watch), 1_000);
    child.once('close', (code, signal) => {
      clearInterval(watch);
      resolve({ code, signal });
    });
  });
}

function stopWhenLeaking(child, file, watch) {
  if (readSummary(file) === undefined) return;
  clearInterval(watch);
  const timer = setTimeout(() => child.kill('SIGKILL'), LEAK_GRACE_MS);
  child.once('close', () => clearTimeout(timer));
}

function readSummary(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

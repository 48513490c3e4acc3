import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS_MAX = 180_000;
const STOP_MS_MAX = 30_000;
const POLL_MS = 250;
const OUTPUT_CHARS_MAX = 4_000;
/** The README speaks of the defaults. */
const UNSET = ['HOST', 'HTTP_PORT', 'GRPC_PORT', 'DATABASE_URL', 'KAFKA_BROKERS'];

/** `npm start` on a new folder. Resolves when it is ready to `{ lastOutput, stop }`. */
export async function startLedger(readyUrl) {
  const folder = mkdtempSync(join(tmpdir(), 'spend-ledger-readme-'));
  // As root, the embedded Postgres runs as another user, who has to get in.
  chmodSync(folder, 0o755);
  const child = spawn('npm', ['start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(join(folder, 'data')),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => (output = (output + chunk).slice(-OUTPUT_CHARS_MAX)));
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  const ledger = {
    lastOutput: () => output,
    stop: async () => {
      await stop(child, ended);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const ready = await isReady(readyUrl, ended);
  if (ready) return ledger;
  await ledger.stop();
  throw new Error(`npm start did not get ready; it printed last:\n${output}`);
}

function environment(dataDir) {
  const env = { ...process.env, DATA_DIR: dataDir };
  for (const name of UNSET) delete env[name];
  return env;
}

async function isReady(url, ended) {
  let over = false;
  void ended.then(() => (over = true));
  const giveUpAt = Date.now() + READY_MS_MAX;
  while (!over && Date.now() < giveUpAt) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer?.ok) return !over;
    await sleep(POLL_MS);
  }
  return false;
}

async function stop(child, ended) {
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

import { spawn } from 'node:child_process';

const BLOCK_MS_MAX = 120_000;

/**
 * Runs a block as a reader would paste it, stopping at the first line that fails.
 * @param variables what the page takes for set, beside the environment
 */
export function runBlock(script, variables) {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
      env: { ...process.env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: BLOCK_MS_MAX,
    });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => chunks.push(chunk));
    }
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: code ?? signal, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

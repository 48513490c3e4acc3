import { spawn } from 'node:child_process';

/** Runs a command and keeps what it prints. Resolves to `{ code, text, missing }`. */
export function capture(command, args, { limitMs, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    // Not spawn's own limit, which stays armed for a command that does not exist.
    const timer = limitMs && setTimeout(() => child.kill('SIGKILL'), limitMs);
    const chunks = [];
    let missing = false;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (error) => {
      clearTimeout(timer);
      missing = error.code === 'ENOENT';
      chunks.push(Buffer.from(`${error.message}\n`));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, text: Buffer.concat(chunks).toString('utf8'), missing });
    });
  });
}

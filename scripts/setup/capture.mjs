import { spawn } from 'node:child_process';

/** Runs a command and keeps what it prints. Resolves to `{ code, text, missing }`. */
export function capture(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      killSignal: 'SIGKILL',
      ...options,
    });
    const chunks = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => chunks.push(chunk));
    const text = () => Buffer.concat(chunks).toString('utf8');
    child.once('error', (error) => {
      const missing = error.code === 'ENOENT';
      resolve({ code: null, text: error.message, missing });
    });
    child.once('close', (code) => resolve({ code, text: text(), missing: false }));
  });
}

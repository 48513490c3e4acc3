import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs one of `scripts/` in a folder, this clone unless another is named. */
export function runScript(
  script: string,
  { args = [], cwd = '.', env = {} }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [resolve('scripts', script), ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((ended, failed) => {
    child.once('error', failed);
    child.once('close', (code) => ended({ code, output }));
  });
}

interface RunOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

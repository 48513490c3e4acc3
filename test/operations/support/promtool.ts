import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { PROJECT_FOLDER } from '#libs/testing';

/** Runs the tests' promtool. @returns all that it printed */
export async function promtool(
  args: readonly string[],
  input = '',
): Promise<{ code: number; output: string }> {
  const child = spawn(resolve(PROJECT_FOLDER, '.prometheus/usr/bin/promtool'), args);
  child.stdin.end(input);
  const ended = once(child, 'close') as Promise<[number]>;
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, output: out + err };
}

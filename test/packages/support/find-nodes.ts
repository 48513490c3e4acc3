import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const OLDEST_MAJOR = 20;

/** @returns the oldest Node that the package supports and this machine has, and the one that runs the tests */
export function findNodes(): readonly string[] {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .filter((program) => existsSync(program));
  const known = [...onPath, process.execPath]
    .map((program) => ({ program, major: majorOf(program) }))
    .filter(({ major }) => major >= OLDEST_MAJOR)
    .sort((a, b) => a.major - b.major);
  return [...new Set([known[0]!.program, process.execPath])];
}

function majorOf(program: string): number {
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(version)![1]);
}

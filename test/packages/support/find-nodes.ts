import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const OLDEST_MAJOR = 20;

export interface FoundNode {
  readonly program: string;
  /** Such as `v20.20.2`. */
  readonly version: string;
}

/** @returns the oldest Node that the package supports and this machine has, and the one that runs the tests */
export function findNodes(): readonly FoundNode[] {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .filter((program) => existsSync(program));
  const known = [...onPath, process.execPath]
    .map((program) => ({ program, version: versionOf(program) }))
    .filter(({ version }) => majorOf(version) >= OLDEST_MAJOR)
    .sort((a, b) => majorOf(a.version) - majorOf(b.version));
  const [oldest] = known as [FoundNode];
  return oldest.version === process.version
    ? [oldest]
    : [oldest, { program: process.execPath, version: process.version }];
}

function versionOf(program: string): string {
  return execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
}

function majorOf(version: string): number {
  return Number(/^v(\d+)/.exec(version)![1]);
}

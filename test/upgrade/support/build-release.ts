import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PROJECT_FOLDER, withFileLock } from '#libs/testing';

/** Tagged v0.1.0. A clone has the commit whether or not it has the tag. */
const RELEASE_0_1_0 = '96c698935e0a54e047d3eb51959e7715f333e6f2';
const LIMIT_MS = 900_000;

/** Whether this is a clone with its history: a copy of the files, or a shallow clone, has no older version. */
export function hasRelease(): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', RELEASE_0_1_0], {
      cwd: PROJECT_FOLDER,
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** Builds version 0.1.0 out of this repository, once in a clone. @returns the folder of its processes */
export async function buildRelease(): Promise<string> {
  const folder = resolve(PROJECT_FOLDER, '.releases', '0.1.0');
  mkdirSync(folder, { recursive: true });
  await withFileLock(`${folder}.lock`, LIMIT_MS, () => {
    if (!existsSync(resolve(folder, 'built'))) build(folder);
    return Promise.resolve();
  });
  return resolve(folder, 'dist');
}

function build(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const run = (program: string, args: readonly string[], cwd = folder) =>
    execFileSync(program, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 30 });
  const archive = run('git', ['archive', RELEASE_0_1_0], PROJECT_FOLDER);
  execFileSync('tar', ['-x'], { cwd: folder, input: archive });
  // The same packages serve both, unless one was changed since.
  if (lockOf(folder) === lockOf(PROJECT_FOLDER)) {
    symlinkSync(resolve(PROJECT_FOLDER, 'node_modules'), resolve(folder, 'node_modules'));
  } else run('npm', ['ci', '--no-audit', '--no-fund']);
  const built = "const { build } = await import('./scripts/setup/build.mjs'); await build();";
  run(process.execPath, ['--input-type=module', '--eval', built]);
  writeFileSync(resolve(folder, 'built'), '');
}

function lockOf(folder: string): string {
  return createHash('sha256')
    .update(readFileSync(resolve(folder, 'package-lock.json')))
    .digest('hex');
}

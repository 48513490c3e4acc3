import { existsSync, statSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '#libs/testing';
import { runTool } from '../../generated-clients/support/run-tool';
import { keptFolder, withLock } from './kept-folder';
import { fileOf } from './python-package';

export const TYPESCRIPT_CLIENT = join(PROJECT_FOLDER, 'clients/typescript');
/** What the package is made of. */
const SOURCES = [
  'src',
  'scripts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'README.md',
  'LICENSE',
].map((name) => join(TYPESCRIPT_CLIENT, name));
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/** Installs what the package is built and checked with, as its lock says. */
export async function installTypescriptTools(): Promise<void> {
  await withLock('typescript-tools', async () => {
    const installed = join(TYPESCRIPT_CLIENT, 'node_modules/.package-lock.json');
    const asked = join(TYPESCRIPT_CLIENT, 'package-lock.json');
    if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(asked).mtimeMs) return;
    await runTool('npm', ['ci', ...QUIET], { cwd: TYPESCRIPT_CLIENT });
  });
}

/** Builds and packs the package. @returns the tarball */
export async function packedTypescript(): Promise<string> {
  await installTypescriptTools();
  const folder = await keptFolder('typescript-dist', SOURCES, async (destination) => {
    const args = ['pack', '--pack-destination', destination, ...QUIET];
    await runTool('npm', args, { cwd: TYPESCRIPT_CLIENT });
  });
  return fileOf(folder, '.tgz');
}

/** @returns a project in which nothing but the packed package is installed */
export async function projectWithTypescript(): Promise<string> {
  const tarball = await packedTypescript();
  return keptFolder('typescript-project', [tarball], async (folder) => {
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
    await runTool('npm', ['install', ...QUIET, tarball], { cwd: folder });
  });
}

/** @returns the adapter beside the installed package */
export async function installTypescriptAdapter(): Promise<string> {
  const recovery = join(TYPESCRIPT_CLIENT, 'recovery');
  const tarball = await packedTypescript();
  const folder = await keptFolder('typescript-recovery', [tarball, recovery], async (made) => {
    await cp(recovery, join(made, 'recovery'), { recursive: true });
    await writeFile(join(made, 'package.json'), JSON.stringify({ private: true }));
    await runTool('npm', ['install', ...QUIET, tarball], { cwd: made });
  });
  return join(folder, 'recovery/adapter.mjs');
}

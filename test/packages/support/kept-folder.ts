import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_FOLDER, withFileLock } from '#libs/testing';

/** What the specs of packages make or fetch lies here, and is kept between runs. */
const KEPT_IN = join(PROJECT_FOLDER, '.clients');
const DONE = '.done';
const LOCK_LIMIT_MS = 280_000;

/**
 * A folder that is made once for the same content: files below a folder, or single ones. Folders of the same name
 * for other content are removed. Of two specs that want it at the same time the second one waits.
 * @returns its path
 */
export async function keptFolder(
  name: string,
  content: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(KEPT_IN, `${name}-${await digestOf(content)}`);
  await withLock(name, async () => {
    if (existsSync(join(folder, DONE))) return;
    const others = (await readdir(KEPT_IN)).filter(
      (one) => one.replace(/-[0-9a-f]{12}$/, '') === name && one !== name,
    );
    for (const other of others) await rm(join(KEPT_IN, other), { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await make(folder);
    await writeFile(join(folder, DONE), '');
  });
  return folder;
}

/** One process at a time. */
export async function withLock(name: string, use: () => Promise<void>): Promise<void> {
  await mkdir(KEPT_IN, { recursive: true });
  await withFileLock(join(KEPT_IN, `${name}.lock`), LOCK_LIMIT_MS, use);
}

/** Of names and contents of all files, without what tools leave beside them. */
async function digestOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of await filesOf(path)) hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}

async function filesOf(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !/__pycache__|\.pyc$|\/\.\w+_cache\//.test(file))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    throw error;
  }
}

import { chown, mkdtemp, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { unlessMissing } from './error-code';
import type { DataFolder } from './data-folder';

const NAME = /^(?:initdb|socket)-[A-Za-z0-9]{6}$/;
const NAME_ELSEWHERE = /\/(?:data|spend-ledger)-[A-Za-z0-9]{6}$/;

/** A private folder (0700, of the user Postgres runs as) that the data folder knows of. */
export interface ScratchFolder {
  /** Its name in the data folder: the folder itself, or a link to it. */
  readonly entry: string;
  readonly path: string;
}

/** `elsewhere` is the beginning of a path outside the data folder, for what cannot lie inside. */
export async function createScratchFolder(
  folder: DataFolder,
  kind: 'initdb' | 'socket',
  elsewhere: string | undefined,
): Promise<ScratchFolder> {
  const inside = path.join(folder.dataDir, `${kind}-`);
  const created = await mkdtemp(elsewhere ?? inside);
  if (folder.account !== undefined) await chown(created, folder.account.uid, folder.account.gid);
  if (elsewhere === undefined) return { entry: created, path: created };
  const entry = inside + created.slice(-6);
  await symlink(created, entry);
  return { entry, path: created };
}

export async function removeScratchFolder(scratch: ScratchFolder): Promise<void> {
  await rm(scratch.path, { recursive: true, force: true, maxRetries: 3 });
  await rm(scratch.entry, { force: true });
}

/**
 * Removes what dead starts left behind. Only for the owner of the folder: another process that is starting
 * on it at this moment is going to lose anyway, so nothing that is removed can matter.
 */
export async function removeStaleScratchFolders(
  dataDir: string,
  keep: readonly string[],
): Promise<void> {
  for (const scratch of await scratchFoldersOf(dataDir)) {
    if (!keep.includes(scratch.path)) await removeScratchFolder(scratch);
  }
}

/** Removes one, found by the place it is at. */
export async function removeScratchFolderAt(dataDir: string, place: string): Promise<void> {
  for (const scratch of await scratchFoldersOf(dataDir)) {
    if (scratch.path === place) await removeScratchFolder(scratch);
  }
}

async function scratchFoldersOf(dataDir: string): Promise<readonly ScratchFolder[]> {
  const found: ScratchFolder[] = [];
  for (const name of await readdir(dataDir)) {
    if (!NAME.test(name)) continue;
    const entry = path.join(dataDir, name);
    const target = await linkTarget(entry);
    // A link that somebody else made is not followed.
    if (target !== undefined && !NAME_ELSEWHERE.test(target)) continue;
    found.push({ entry, path: (await unlessMissing(realpath(entry))) ?? entry });
  }
  return found;
}

async function linkTarget(entry: string): Promise<string | undefined> {
  try {
    return await readlink(entry);
  } catch {
    return undefined;
  }
}

import { chmod, mkdir, open, realpath, rename, rm, stat, statfs, symlink } from 'node:fs/promises';
import path from 'node:path';
import { type Binaries, SYSTEM_DIR } from './binaries';
import { type DataFolder, clusterLinkOf } from './data-folder';
import { errorCode, unlessMissing } from './error-code';
import { canEnter, runCommand } from './run-command';
import { type ScratchFolder, createScratchFolder, removeScratchFolder } from './scratch-folder';

/** What a new cluster takes, and a little to work with. */
const LEAST_BYTES = 100 * 1024 * 1024;
const LOST_RACE = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'ENOENT'];

/**
 * The real path of the folder's cluster, created if there is none. It appears whole or not at all:
 * it is made aside and published by one atomic step, which of several starts only one can win.
 */
export async function provideCluster(
  folder: DataFolder,
  binaries: Binaries,
  initMs: number,
): Promise<string> {
  const link = clusterLinkOf(folder.dataDir);
  if (!(await isCluster(link))) await createCluster(folder, binaries, link, initMs);
  const cluster = await realpath(link);
  if (folder.account !== undefined && !(await canEnter(path.dirname(cluster), folder.account))) {
    throw new Error(
      `User ${folder.account.uid}, whom Postgres runs as, cannot enter ` +
        `${path.dirname(cluster)}, where the ` +
        'data of the ledger lies: let that user pass, or move the data folder to where he can.',
    );
  }
  return cluster;
}

async function isCluster(link: string): Promise<boolean> {
  return (await unlessMissing(stat(path.join(link, 'PG_VERSION')))) !== undefined;
}

async function createCluster(
  folder: DataFolder,
  binaries: Binaries,
  link: string,
  initMs: number,
): Promise<void> {
  const scratch = await createClusterScratch(folder);
  await checkRoom(scratch);
  const initialised = await runInitdb(folder, binaries, scratch.path, initMs);
  const published = initialised.ok && (await publish(scratch, link));
  if (published) return await syncFolder(folder.dataDir);
  await removeScratchFolder(scratch);
  // The owner of the folder removes the scratch of a start that comes too late.
  if (await isCluster(link)) return;
  throw new Error(
    initialised.ok
      ? `${link} is in the way of the ledger's Postgres: move it elsewhere and start again.`
      : `initdb could not create the ledger's Postgres: ${initialised.output}`,
  );
}

/** Before initdb, which would say so in many lines, and leave its half. */
async function checkRoom(scratch: ScratchFolder): Promise<void> {
  const { bavail, bsize } = await statfs(scratch.path);
  if (bavail * bsize >= LEAST_BYTES) return;
  await removeScratchFolder(scratch);
  const [least, free] = [LEAST_BYTES, bavail * bsize].map((bytes) => Math.floor(bytes / 2 ** 20));
  throw new Error(`a new ledger needs ${least} MiB, and that place has ${free} left`);
}

async function createClusterScratch(folder: DataFolder): Promise<ScratchFolder> {
  if (folder.enterable) return await createScratchFolder(folder, 'initdb', undefined);
  await mkdir(SYSTEM_DIR, { recursive: true });
  await chmod(SYSTEM_DIR, 0o755);
  return await createScratchFolder(folder, 'initdb', path.join(SYSTEM_DIR, 'data-'));
}

/**
 * Trust is safe here and needs no secret to keep: there is no TCP port, and the socket lies in a
 * folder that only the user Postgres runs as (and root) can enter.
 */
async function runInitdb(
  folder: DataFolder,
  binaries: Binaries,
  target: string,
  timeoutMs: number,
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const settings =
    '--username=postgres --locale=C --encoding=UTF8 --data-checksums --auth-local=trust ' +
    '--auth-host=reject --no-instructions';
  const args = [`--pgdata=${target}`, ...settings.split(' ')];
  return await runCommand(binaries.initdb, args, { account: folder.account, timeoutMs });
}

async function publish(scratch: ScratchFolder, link: string): Promise<boolean> {
  try {
    if (scratch.entry === scratch.path) {
      await rename(scratch.path, link);
    } else {
      await symlink(scratch.path, link);
      await rm(scratch.entry, { force: true });
    }
    return true;
  } catch (error) {
    if (LOST_RACE.includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Else a power cut could take the new name back from under a ledger that has answered. */
async function syncFolder(dataDir: string): Promise<void> {
  const handle = await open(dataDir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

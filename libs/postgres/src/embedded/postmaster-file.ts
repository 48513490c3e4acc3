import { open, readFile, rm, stat } from 'node:fs/promises';
import { createConnection } from 'node:net';
import path from 'node:path';
import { clusterLinkOf } from './data-folder';
import { errorCode, unlessMissing } from './error-code';
import { isPostgresOf } from './process-state';

/** Nobody needs longer for the few steps between creating a lock file and what follows. */
const LOCK_FILE_MS = 5_000;

/** What the cluster's `postmaster.pid` says, checked against the processes there are. */
export type PostmasterSeen =
  | { readonly state: 'none' }
  /** The file is being written. */
  | { readonly state: 'unclear' }
  | { readonly state: 'stale' }
  /** `socketDir` is missing until the socket is open. */
  | { readonly state: 'running'; readonly pid: number; readonly socketDir: string | undefined }
  /** It answers, but is no process of ours to see: one of another container on the same folder. */
  | { readonly state: 'elsewhere' };

export async function lookForPostmaster(dataDir: string, cluster: string): Promise<PostmasterSeen> {
  const file = pidFile(cluster);
  const text = await unlessMissing(readFile(file, 'utf8'));
  if (text === undefined) return { state: 'none' };
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) {
    return { state: (await isOld(file)) ? 'stale' : 'unclear' };
  }
  const socketDir = lines[4] || undefined;
  if (await isPostgresOf(cluster, pid)) return { state: 'running', pid, socketDir };
  if (socketDir !== undefined && (await anyAnswers(dataDir, socketDir)))
    return { state: 'elsewhere' };
  return { state: 'stale' };
}

/**
 * Removes the file of a dead postmaster. Two starts may see the same dead one, and the slower must
 * not remove the file of the quicker one's Postgres: so one at a time, after a new look.
 */
export async function removeStalePostmasterFile(dataDir: string, cluster: string): Promise<void> {
  const lock = `${clusterLinkOf(dataDir)}.stale-pid`;
  try {
    await (await open(lock, 'wx')).close();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    if (await isOld(lock)) await rm(lock, { force: true });
    return;
  }
  try {
    const seen = await lookForPostmaster(dataDir, cluster);
    if (seen.state === 'stale') await rm(pidFile(cluster), { force: true });
  } finally {
    await rm(lock, { force: true });
  }
}

function pidFile(cluster: string): string {
  return path.join(cluster, 'postmaster.pid');
}

async function isOld(file: string): Promise<boolean> {
  const found = await unlessMissing(stat(file));
  return found !== undefined && Date.now() - found.mtimeMs > LOCK_FILE_MS;
}

/** In another container the data folder may have another name. */
async function anyAnswers(dataDir: string, socketDir: string): Promise<boolean> {
  const here = path.join(dataDir, path.basename(socketDir));
  return (await answers(socketDir)) || (await answers(here));
}

async function answers(socketDir: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(path.join(socketDir, '.s.PGSQL.5432'));
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => finish(true)).once('error', () => finish(false));
    socket.setTimeout(LOCK_FILE_MS, () => finish(false));
  });
}

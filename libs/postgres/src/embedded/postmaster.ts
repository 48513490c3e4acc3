import { spawn } from 'node:child_process';
import { open, readFile, rename, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Binaries } from './binaries';
import type { DataFolder } from './data-folder';
import { errorCode, unlessMissing } from './error-code';
import type { EmbeddedPostgresLimits, LaunchLimits } from './limits';
import { poll } from './poll';
import { isPostgresOf } from './process-state';
import { COMMAND_ENVIRONMENT, canEnter } from './run-command';
import { type ScratchFolder, createScratchFolder } from './scratch-folder';

/** A socket's path holds 107 bytes on Linux and 103 on macOS. */
const SOCKET_PATH_BYTES = 103;

/** A Postgres that was started here; it may lose against one that another start started. */
export interface Launch {
  readonly pid: number | undefined;
  /** The folder of its socket, where it was not given one. */
  readonly newSocket: ScratchFolder | undefined;
  /** Why it ended, as far as its end is known. */
  readonly ended: () => string | undefined;
  /** What was written to the log since. */
  readonly logged: () => Promise<string>;
}

/**
 * Starts Postgres in a session of its own, so that a Ctrl-C reaches only us: we drain first.
 * @param socketDir where an earlier one had its socket; a new folder unless given
 */
export async function launchPostmaster(
  folder: DataFolder,
  binaries: Binaries,
  cluster: string,
  { logBytes, settings }: LaunchLimits,
  socketDir?: string,
): Promise<Launch> {
  const socket = socketDir === undefined ? await newSocket(folder) : undefined;
  const socketPath = socket?.path ?? socketDir!;
  const logFile = path.join(folder.dataDir, 'postgres.log');
  const begin = await putAsideIfLong(logFile, logBytes);
  const output = await open(logFile, 'a', 0o600);
  let ended: string | undefined;
  let pid: number | undefined;
  try {
    const child = spawn(binaries.postgres, argumentsFor(cluster, socketPath, settings), {
      ...folder.account,
      cwd: '/',
      detached: true,
      env: COMMAND_ENVIRONMENT,
      stdio: ['ignore', output.fd, output.fd],
    });
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? `code ${code}`}`));
    child.unref();
    pid = child.pid;
  } finally {
    await output.close();
  }
  const logged = async (): Promise<string> => (await readFile(logFile)).subarray(begin).toString();
  return { pid, newSocket: socket, ended: () => ended, logged };
}

/** Ends that Postgres in good order, or after `stopMs` without it. Throws if it survives both. */
export async function stopPostmaster(
  cluster: string,
  pid: number,
  limits: EmbeddedPostgresLimits,
): Promise<void> {
  const ways = [
    { signal: 'SIGINT', forMs: limits.stopMs },
    { signal: 'SIGQUIT', forMs: limits.quitMs },
  ] as const;
  for (const { signal, forMs } of ways) {
    if (!(await isPostgresOf(cluster, pid))) return;
    sendSignal(pid, signal);
    const wait = { forMs, everyMs: limits.pollMs };
    const gone = await poll(wait, async () =>
      (await isPostgresOf(cluster, pid)) ? undefined : true,
    );
    if (gone) return;
  }
  throw new Error(`The Postgres of ${cluster} (process ${pid}) does not end.`);
}

function sendSignal(pid: number, signal: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/**
 * fsync, full_page_writes and synchronous_commit stay as they are, on: it is a ledger. The socket's
 * folder is quoted because the setting is a list, separated by commas.
 */
function argumentsFor(
  cluster: string,
  socketDir: string,
  more: LaunchLimits['settings'],
): string[] {
  const settings = {
    unix_socket_directories: `"${socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    listen_addresses: '',
    port: '5432',
    max_connections: '100',
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_destination: 'stderr',
    logging_collector: 'off',
    ...more,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', cluster, ...flags];
}

async function newSocket(folder: DataFolder): Promise<ScratchFolder> {
  return createScratchFolder(folder, 'socket', await placeForSocket(folder));
}

/** Undefined: in the data folder; else the beginning of a path in a folder for temporary files. */
async function placeForSocket(folder: DataFolder): Promise<string | undefined> {
  if (folder.enterable && fits(path.join(folder.dataDir, 'socket-'))) return undefined;
  for (const place of [os.tmpdir(), '/tmp', '/var/tmp']) {
    const beginning = path.join(path.resolve(place), 'spend-ledger-');
    if (fits(beginning) && (await canEnter(place, folder.account))) return beginning;
  }
  throw new Error(`${folder.dataDir} is too long a path for a socket, and so is ${os.tmpdir()}.`);
}

function fits(beginning: string): boolean {
  return Buffer.byteLength(`${beginning}XXXXXX/.s.PGSQL.5432`) <= SOCKET_PATH_BYTES;
}

async function putAsideIfLong(logFile: string, logBytes: number): Promise<number> {
  const size = (await unlessMissing(stat(logFile)))?.size ?? 0;
  if (size <= logBytes) return size;
  await unlessMissing(rename(logFile, `${logFile}.1`));
  return 0;
}

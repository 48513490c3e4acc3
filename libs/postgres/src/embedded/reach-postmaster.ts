import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries';
import { connect } from './connection';
import type { DataFolder } from './data-folder';
import type { LaunchLimits } from './limits';
import { type Launch, launchPostmaster } from './postmaster';
import { lookForPostmaster, removeStalePostmasterFile } from './postmaster-file';
import { removeScratchFolder } from './scratch-folder';

export type Reached =
  | {
      readonly outcome: 'answers';
      readonly pid: number;
      readonly socketDir: string;
      readonly launchedHere: boolean;
    }
  | { readonly outcome: 'elsewhere' }
  | { readonly outcome: 'silent'; readonly pid: number };

/**
 * Backends that outlived their postmaster still hold its memory for a moment; of two starts at one
 * instant one finds the other's lock file, which may be gone again when we look.
 */
const PASSES = /pre-existing shared memory block|lock file "postmaster\.pid" already exists/;
const LAST_LINES = 12;
const DISK_FULL = /No space left on device/;

/**
 * Finds the Postgres of the cluster, or starts it, and waits until it answers.
 * @param given the folder for the socket of one that is started; a new one unless given
 */
export async function reachPostmaster(
  folder: DataFolder,
  binaries: Binaries,
  cluster: string,
  limits: LaunchLimits,
  given?: string,
): Promise<Reached> {
  const end = performance.now() + limits.startMs;
  let launch: Launch | undefined;
  let last: Reached | undefined;
  let refusal = 'it has not opened its socket';
  for (; performance.now() < end; await sleep(limits.pollMs)) {
    const seen = await lookForPostmaster(folder.dataDir, cluster);
    if (seen.state === 'elsewhere') return { outcome: 'elsewhere' };
    if (seen.state === 'stale') await removeStalePostmasterFile(folder.dataDir, cluster);
    if (seen.state === 'running') {
      const { pid, socketDir } = seen;
      const refused = socketDir === undefined ? refusal : await tryToConnect(socketDir);
      if (socketDir !== undefined && refused === undefined) {
        await dropLost(launch, socketDir);
        return { outcome: 'answers', pid, socketDir, launchedHere: pid === launch?.pid };
      }
      refusal = refused ?? refusal;
      last = pid === launch?.pid ? undefined : { outcome: 'silent', pid };
    }
    if (seen.state === 'none' && (launch === undefined || launch.ended() !== undefined)) {
      await failUnlessItPasses(launch, folder);
      launch = await launchPostmaster(folder, binaries, cluster, limits, given);
    }
  }
  if (last !== undefined) return last;
  throw new Error(
    `Postgres does not answer after ${limits.startMs} ms (${refusal}): ${await lastLines(launch)}`,
  );
}

/** Why there is no connection; undefined if there is one. */
async function tryToConnect(socketDir: string): Promise<string | undefined> {
  try {
    await (await connect(socketDir, 'spend-ledger start')).end();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function failUnlessItPasses(launch: Launch | undefined, folder: DataFolder): Promise<void> {
  const ended = launch?.ended();
  if (launch === undefined || ended === undefined) return;
  if (launch.newSocket) await removeScratchFolder(launch.newSocket);
  const logged = await launch.logged();
  if (PASSES.test(logged)) return;
  if (DISK_FULL.test(logged)) throw new Error(diskFull(folder));
  throw new Error(`Postgres did not start, ${ended}: ${await lastLines(launch)}`);
}

/** The socket's folder of a Postgres of ours that found another one running. */
async function dropLost(launch: Launch | undefined, socketDir: string): Promise<void> {
  const socket = launch?.newSocket;
  if (socket && socket.path !== socketDir) await removeScratchFolder(socket);
}

const diskFull = ({ dataDir }: DataFolder): string =>
  `The disk of ${dataDir} is full, and Postgres cannot start there: free some of it, and start again.`;

async function lastLines(launch: Launch | undefined): Promise<string> {
  const lines = (await launch?.logged())?.trimEnd().split('\n') ?? [];
  return lines.slice(-LAST_LINES).join('\n') || 'it wrote no log';
}

import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { type Binaries, type BinariesFrom, provideBinaries } from './binaries';
import { provideCluster } from './cluster';
import { connect, connectionStringOf } from './connection';
import { type DataFolder, clusterLinkOf, prepareDataFolder } from './data-folder';
import { FolderLock } from './folder-lock';
import { DEFAULT_LIMITS, type EmbeddedPostgresLimits, type LaunchLimits } from './limits';
import { poll } from './poll';
import { KeptPostmaster } from './keep-postmaster';
import { stopPostmaster } from './postmaster';
import { reachPostmaster } from './reach-postmaster';
import { removeScratchFolderAt, removeStaleScratchFolders } from './scratch-folder';

export interface EmbeddedPostgres {
  /** As superuser to the database `spend_ledger`, over a Unix socket; for node-postgres. */
  readonly connectionString: string;
  readonly dataDir: string;
  /** Ends Postgres. Close your own connections first: those still open are cut off. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  readonly log: (line: string) => void;
  /** With it, a Postgres that dies is started again; the sentence says why that does not succeed. */
  readonly onGone?: (sentence: string) => void;
  readonly limits?: Partial<EmbeddedPostgresLimits>;
  /** For tests: the server's own settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** For tests: another Postgres. */
  readonly from?: BinariesFrom;
}

export type StartOutcome =
  | { readonly outcome: 'started'; readonly postgres: EmbeddedPostgres }
  | { readonly outcome: 'folder_in_use'; readonly sentence: string };

/**
 * Starts the Postgres of a data folder, or takes over one whose owner died, and owns the folder
 * from then on: of several starts on one folder exactly one is `started`, and the others leave its
 * Postgres alone. Throws a sentence if Postgres cannot run here.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<StartOutcome> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { settings = {} } = options;
  const folder = await prepareDataFolder(options.dataDir);
  const binaries = await provideBinaries(folder.account, options.log, options.from);
  const wait = { forMs: limits.startMs, everyMs: limits.pollMs };
  const outcome = await poll(wait, () =>
    tryToOwn(folder, binaries, { ...limits, settings }, options),
  );
  return outcome ?? inUse(folder, 'by a Postgres that comes and goes');
}

/** Undefined: the Postgres that answered was just being stopped by its owner. */
async function tryToOwn(
  folder: DataFolder,
  binaries: Binaries,
  limits: LaunchLimits,
  { log, onGone }: Pick<EmbeddedPostgresOptions, 'log' | 'onGone'>,
): Promise<StartOutcome | undefined> {
  const cluster = await provideCluster(folder, binaries, limits.initMs);
  const reached = await reachPostmaster(folder, binaries, cluster, limits);
  if (reached.outcome === 'elsewhere') return inUse(folder, 'by a Postgres in another container');
  if (reached.outcome === 'silent') {
    return inUse(folder, `by a Postgres (process ${reached.pid}) that does not answer`);
  }
  const lock = await lockConfirmed(reached.socketDir, limits, log);
  if (lock === undefined) return undefined;
  if (!(lock instanceof FolderLock)) {
    return inUse(folder, `by another spend ledger (process ${lock.heldBy})`);
  }
  await removeStaleScratchFolders(folder.dataDir, [cluster, await realpath(reached.socketDir)]);
  if (!reached.launchedHere) log(`took over the running Postgres (process ${reached.pid})`);
  if (cluster !== clusterLinkOf(folder.dataDir)) log(`the data of Postgres lies in ${cluster}`);
  const postmaster = new KeptPostmaster(reached, {
    folder,
    binaries,
    cluster,
    limits,
    log,
    onGone: onGone ?? (() => undefined),
  });
  if (onGone) lock.onBroken = () => postmaster.revive();
  const { socketDir } = reached;
  return {
    outcome: 'started',
    postgres: owned({ folder, cluster, socketDir, lock, postmaster, limits }),
  };
}

/**
 * A stopping Postgres ends its backends one by one, so the old owner's lock may be free for an
 * instant; but it no longer lets anybody in. So a lock counts when a new connection succeeds.
 */
async function lockConfirmed(
  socketDir: string,
  limits: EmbeddedPostgresLimits,
  log: (line: string) => void,
): Promise<FolderLock | { readonly heldBy: string } | undefined> {
  let lock: FolderLock | { readonly heldBy: string } | undefined;
  try {
    lock = await FolderLock.acquire(socketDir, limits, log);
    await (await connect(socketDir, 'spend-ledger start')).end();
    return lock;
  } catch {
    if (lock instanceof FolderLock) await lock.release();
    return undefined;
  }
}

interface Owned {
  readonly folder: DataFolder;
  readonly cluster: string;
  readonly socketDir: string;
  readonly lock: FolderLock;
  readonly postmaster: KeptPostmaster;
  readonly limits: EmbeddedPostgresLimits;
}

/** The lock is held until Postgres is gone: nobody can take over what is being stopped. */
function owned({ folder, cluster, socketDir, lock, postmaster, limits }: Owned): EmbeddedPostgres {
  const stop = async (): Promise<void> => {
    await postmaster.stop();
    if (await lock.prepareStop()) {
      await stopPostmaster(cluster, postmaster.pid, limits);
      await removeScratchFolderAt(folder.dataDir, path.resolve(socketDir));
    }
    await lock.release();
  };
  let stopped: Promise<void> | undefined;
  return {
    connectionString: connectionStringOf(socketDir),
    dataDir: folder.dataDir,
    stop: () => (stopped ??= stop()),
  };
}

function inUse(folder: DataFolder, how: string): StartOutcome {
  const sentence =
    `The data folder ${folder.dataDir} is in use ${how}: ` +
    'stop that one, or choose another folder with DATA_DIR.';
  return { outcome: 'folder_in_use', sentence };
}

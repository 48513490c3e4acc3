import { chmod, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from './make-folder';
import { type Account, canEnter } from './run-command';
import { chooseAccount } from './system-user';

/** A data folder that is ready to hold a Postgres. */
export interface DataFolder {
  /** Absolute, without symbolic links. */
  readonly dataDir: string;
  /** Whom Postgres runs as; undefined: as we do. */
  readonly account: Account | undefined;
  /** Whether that user can come to things in the folder. */
  readonly enterable: boolean;
}

export function clusterLinkOf(dataDir: string): string {
  return path.join(dataDir, 'postgres');
}

/** Creates the folder if need be, and finds out who can use it. */
export async function prepareDataFolder(given: string): Promise<DataFolder> {
  await makeFolder(path.resolve(given));
  const dataDir = await realpath(given);
  const account = await chooseAccount(clusterLinkOf(dataDir));
  return { dataDir, account, enterable: await makeEnterable(dataDir, account) };
}

/** Opens the folder itself for passing through, never its parents: those are not ours. */
async function makeEnterable(dataDir: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined || (await canEnter(dataDir, account))) return true;
  if (!(await canEnter(path.dirname(dataDir), account))) return false;
  await chmod(dataDir, ((await stat(dataDir)).mode & 0o7777) | 0o011);
  return await canEnter(dataDir, account);
}

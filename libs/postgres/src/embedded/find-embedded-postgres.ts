import { realpath } from 'node:fs/promises';
import { connect, connectionStringOf } from './connection';
import { clusterLinkOf } from './data-folder';
import { unlessMissing } from './error-code';
import { lookForPostmaster } from './postmaster-file';

/** Where the running embedded Postgres of a data folder is reached; undefined if none answers. */
export async function findEmbeddedPostgres(givenDir: string): Promise<string | undefined> {
  const dataDir = await unlessMissing(realpath(givenDir));
  if (dataDir === undefined) return undefined;
  const cluster = await unlessMissing(realpath(clusterLinkOf(dataDir)));
  if (cluster === undefined) return undefined;
  const seen = await lookForPostmaster(dataDir, cluster);
  if (seen.state !== 'running' || seen.socketDir === undefined) return undefined;
  try {
    await (await connect(seen.socketDir, 'spend-ledger find')).end();
    return connectionStringOf(seen.socketDir);
  } catch {
    return undefined;
  }
}

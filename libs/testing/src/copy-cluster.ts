import { execFile } from 'node:child_process';
import { access, chown, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { OwnPostgres } from './own-postgres';

/** Copies a cluster whose server works, as a base backup: what changes meanwhile comes with the WAL. */
export async function copyRunning(
  { url, cluster }: Pick<OwnPostgres, 'url' | 'cluster'>,
  to: string,
): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`select pg_backup_start('drill', true)`);
    // What vanishes under it is not needed; a copy that lacks anything else does not start.
    await copyFolder(cluster, to).catch(() => undefined);
    // Where nothing is archived the WAL that the copy needs comes from the server itself.
    const stopped = `select labelfile from pg_backup_stop(current_setting('archive_mode') = 'on')`;
    const { rows } = await client.query<{ labelfile: string }>(stopped);
    await leaveFile(to, 'backup_label', rows[0]!.labelfile);
    await rm(join(to, 'postmaster.pid'), { force: true });
  } finally {
    await client.end();
  }
}

/** With owners and modes. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]);
}

/** A file of whom the cluster belongs to. */
export async function leaveFile(cluster: string, name: string, text = ''): Promise<void> {
  await writeFile(join(cluster, name), text, { mode: 0o600 });
  await giveTo(cluster, join(cluster, name));
}

export async function giveTo(cluster: string, path: string): Promise<void> {
  const { uid, gid } = await stat(cluster);
  await chown(path, uid, gid);
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { copyFolder, copyRunning, exists, giveTo, leaveFile } from './copy-cluster';
import { onServerOf, takesWrites } from './on-server-of';
import { OwnPostgres } from './own-postgres';
import { waitUntil } from './wait-until';

type Settings = Readonly<Record<string, string>>;

/** Base backups and the archived WAL of a server, by plain SQL and `cp`, as any Postgres has them. */
export class PostgresArchive {
  private constructor(
    private readonly postgres: OwnPostgres,
    private readonly folder: string,
  ) {}

  /** From now on the server archives its WAL. */
  static async of(postgres: OwnPostgres): Promise<PostgresArchive> {
    const folder = join(dirname(dirname(postgres.cluster)), 'archive');
    await mkdir(folder);
    await giveTo(postgres.cluster, folder);
    await postgres.restartWith({ archive_mode: 'on', archive_command: `cp %p ${folder}/%f` });
    return new PostgresArchive(postgres, folder);
  }

  /** While the server works. @returns the folder of the backup */
  async takeBase(): Promise<string> {
    const backup = await mkdtemp(join(dirname(this.folder), 'base-'));
    await copyRunning(this.postgres, join(backup, 'cluster'));
    return backup;
  }

  /** Has all that is committed by now archived. */
  async flush(): Promise<void> {
    const { file } = await onServerOf<{ file: string }>(
      this.postgres,
      'select pg_walfile_name(pg_switch_wal()) as file',
    );
    await waitUntil(`${file} is archived`, () => exists(join(this.folder, file)));
  }

  /** Of a server that has ended: puts the base backup in its place and replays the archive to its end, or to a target. */
  async restore(backup: string, target: Settings = {}): Promise<void> {
    const { cluster } = this.postgres;
    await rm(cluster, { recursive: true });
    await copyFolder(join(backup, 'cluster'), cluster);
    await leaveFile(cluster, 'recovery.signal');
    await this.postgres.restartWith({
      restore_command: `cp ${this.folder}/%f %p`,
      recovery_target_action: 'promote',
      ...target,
    });
    await waitUntil('the restored server takes writes', () => takesWrites(this.postgres));
  }
}

/** A second server that follows the first one. */
export function startStandby(primary: OwnPostgres): Promise<OwnPostgres> {
  return OwnPostgres.start(async (cluster) => {
    await copyRunning(primary, cluster);
    await leaveFile(cluster, 'standby.signal');
    const conninfo = `host=${primary.socket} port=5432 user=postgres application_name=standby`;
    return { primary_conninfo: conninfo };
  });
}

/** Lets a standby take over. */
export async function promote(standby: OwnPostgres): Promise<void> {
  await onServerOf(standby, 'select pg_promote()');
  await waitUntil('the standby takes writes', () => takesWrites(standby));
}

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Database, findEmbeddedPostgres } from '#libs/postgres';
import { testDatabaseOptions } from './test-database';
import { waitUntil } from './wait-until';

/** A data folder for standalones on the embedded default, and a look at the Postgres in it. */
export class LedgerFolder {
  private constructor(readonly dataDir: string) {}

  static async create(): Promise<LedgerFolder> {
    return new LedgerFolder(await mkdtemp(join(tmpdir(), 'spend-ledger-e2e-')));
  }

  /** Whether a Postgres runs in it and answers. */
  async hasPostgres(): Promise<boolean> {
    return (await findEmbeddedPostgres(this.dataDir)) !== undefined;
  }

  /** Looks into the running Postgres. */
  async withDatabase<T>(use: (database: Database) => Promise<T>): Promise<T> {
    const url = await findEmbeddedPostgres(this.dataDir);
    if (url === undefined) throw new Error(`no Postgres runs in ${this.dataDir}`);
    const database = new Database(testDatabaseOptions(url));
    try {
      return await use(database);
    } finally {
      await database.close();
    }
  }

  /** kill -9 of its Postgres, if one runs. */
  async killPostgres(): Promise<void> {
    const file = await readFile(join(this.dataDir, 'postgres/postmaster.pid'), 'utf8').catch(
      () => undefined,
    );
    if (file === undefined) return;
    try {
      process.kill(Number(file.split('\n')[0]), 'SIGKILL');
    } catch {
      // It ended by itself, and left its file.
    }
    await waitUntil('Postgres is gone', async () => !(await this.hasPostgres()));
  }

  async remove(): Promise<void> {
    await this.killPostgres();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

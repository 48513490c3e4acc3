import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import { OwnPostgres, testDatabaseOptions } from '#libs/testing';

/** A Postgres of a spec's own, in which the ledger is a user like any other, and all that its operators may do to it. */
export class RefusingPostgres {
  private constructor(readonly postgres: OwnPostgres) {}

  static async start(): Promise<RefusingPostgres> {
    const refusing = new RefusingPostgres(await OwnPostgres.start());
    await refusing.run('create role ledger login');
    await refusing.run('alter database spend_ledger owner to ledger');
    return refusing;
  }

  /** As the ledger connects. */
  get url(): string {
    return this.postgres.url.replace('postgres@', 'ledger@');
  }

  /** As a superuser, in another database than the ledger's. */
  async run(statement: string): Promise<void> {
    await this.rows(statement, 'postgres');
  }

  async rows<Row>(query: string, database = 'spend_ledger'): Promise<Row[]> {
    const url = this.postgres.url.replace('/spend_ledger?', `/${database}?`);
    const admin = new Database(testDatabaseOptions(url));
    try {
      return (await sql<Row>`${sql.raw(query)}`.execute(admin.kysely)).rows;
    } finally {
      await admin.close();
    }
  }

  /** Ends every connection of the ledger. */
  async terminate(): Promise<void> {
    await this.run(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'ledger'`,
    );
  }

  /** No page more for these tables, which are empty: the kernel says that there is no space left. @returns undoes it */
  async fillDisk(tables: string): Promise<() => Promise<void>> {
    const files = await this.rows<{ path: string }>(
      `select pg_relation_filepath(oid) as path from pg_class where relkind = 'r' and relname ~ '${tables}'`,
    );
    const paths = files.map(({ path }) => join(this.postgres.cluster, path));
    await this.postgres.stop();
    for (const path of paths) {
      await rename(path, `${path}.aside`);
      await symlink('/dev/full', path);
    }
    await this.postgres.start();
    return async () => {
      await this.postgres.stop();
      for (const path of paths) await rename(`${path}.aside`, path);
      await this.postgres.start();
    };
  }
}

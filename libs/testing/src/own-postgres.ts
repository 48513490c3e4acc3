import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#libs/postgres';

/** A Postgres of a spec's own, which can be stopped and started again under one address. */
export class OwnPostgres {
  private running: EmbeddedPostgres | undefined;

  private constructor(private readonly folder: string) {}

  static async start(): Promise<OwnPostgres> {
    const postgres = new OwnPostgres(await mkdtemp(join(tmpdir(), 'spend-ledger-own-')));
    await postgres.start();
    return postgres;
  }

  get url(): string {
    const host = encodeURIComponent(this.socket);
    return `postgresql://postgres@/spend_ledger?host=${host}&port=5432&sslmode=disable`;
  }

  async start(): Promise<void> {
    const started = await startEmbeddedPostgres({
      dataDir: join(this.folder, 'data'),
      log: () => undefined,
    });
    if (started.outcome !== 'started') throw new Error(started.sentence);
    this.running = started.postgres;
    const query = new URLSearchParams(started.postgres.connectionString.split('?')[1]);
    // Each start has a socket in another folder; the address stays because it is a link to it.
    await rm(this.socket, { force: true });
    await symlink(query.get('host')!, this.socket);
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get socket(): string {
    return join(this.folder, 'socket');
  }
}

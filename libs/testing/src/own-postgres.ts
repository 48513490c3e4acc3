import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '#libs/postgres';
import { EndWithParent } from './end-with-parent';

/** A Postgres of a spec's own, which can be stopped and started again under one address, and ends with its process. */
export class OwnPostgres {
  private running: (EmbeddedPostgres & { readonly pid: number }) | undefined;
  private readonly guard: EndWithParent;

  private constructor(
    private readonly folder: string,
    /** The server's own settings, from its next start on. */
    private settings: Readonly<Record<string, string>> = {},
  ) {
    this.guard = new EndWithParent('QUIT', folder);
  }

  /** @param bring puts a cluster to where this one is to have its own, and says with which settings it starts */
  static async start(
    bring?: (cluster: string) => Promise<Readonly<Record<string, string>>>,
  ): Promise<OwnPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-own-'));
    // Where this runs as root Postgres does not: it has to get to its data, which would else lie elsewhere and stay.
    await chmod(folder, 0o711);
    const postgres = new OwnPostgres(folder);
    if (bring) {
      await mkdir(join(folder, 'data'), { mode: 0o711 });
      postgres.settings = await bring(postgres.cluster);
    }
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
      settings: this.settings,
    });
    if (started.outcome !== 'started') throw new Error(started.sentence);
    const pid = await this.postmaster();
    this.running = { ...started.postgres, pid };
    this.guard.add(pid);
    const query = new URLSearchParams(started.postgres.connectionString.split('?')[1]);
    // Each start has a socket in another folder; the address stays because it is a link to it.
    await rm(this.socket, { force: true });
    await symlink(query.get('host')!, this.socket);
  }

  /** The folder of the cluster, which belongs to whom Postgres runs as. */
  get cluster(): string {
    return join(this.folder, 'data', 'postgres');
  }

  async restartWith(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.stop();
    this.settings = settings;
    await this.start();
  }

  /** kill -9 of the server; its other processes end when they notice. */
  async kill(): Promise<void> {
    if (this.running) process.kill(this.running.pid, 'SIGKILL');
    await this.stop();
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    await this.running.stop();
    this.guard.delete(this.running.pid);
    this.running = undefined;
  }

  /** It answers nobody any more, and refuses nobody: what connects is let in by the kernel, and waits. */
  async freeze(): Promise<void> {
    await this.signal('SIGSTOP');
  }

  async thaw(): Promise<void> {
    await this.signal('SIGCONT');
  }

  async remove(): Promise<void> {
    if (this.running) await this.thaw();
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
    this.guard.release();
  }

  /** To the postmaster first, so that it starts no child that would miss it, then to all of its children. */
  private async signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const postmaster = await this.postmaster();
    process.kill(postmaster, signal);
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=']);
    for (const line of stdout.trim().split('\n')) {
      const [pid, parent] = line.trim().split(/\s+/).map(Number) as [number, number];
      if (parent === postmaster) signalIfAlive(pid, signal);
    }
  }

  private async postmaster(): Promise<number> {
    const file = await readFile(join(this.cluster, 'postmaster.pid'), 'utf8');
    return Number(file.split('\n')[0]);
  }

  /** The folder of its socket, the same after each start. */
  get socket(): string {
    return join(this.folder, 'socket');
  }
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

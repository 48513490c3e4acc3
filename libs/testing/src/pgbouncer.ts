import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Client } from 'pg';
import { EndWithParent } from './end-with-parent';
import { freePort } from './free-port';
import type { OwnPostgres } from './own-postgres';
import { waitUntil } from './wait-until';

export type PoolMode = 'session' | 'transaction' | 'statement';

/** A real PgBouncer before a Postgres; it lets in anybody, as `postgres`. */
export class PgBouncer {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly guard: EndWithParent,
  ) {}

  /** @param ignored what a client may ask for as it connects, and is not given */
  static async start(
    postgres: OwnPostgres,
    poolMode: PoolMode,
    ignored: readonly string[],
  ): Promise<PgBouncer> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-pgbouncer-'));
    await chmod(folder, 0o755);
    const file = join(folder, 'pgbouncer.ini');
    const { socket: host } = postgres;
    const database = `spend_ledger = host=${host} port=5432 user=postgres`;
    await writeFile(file, printSettings(database, { port, poolMode, ignored }));
    // Like Postgres it refuses to run as root, and only who Postgres runs as gets to its socket.
    const { uid, gid } = await stat(postgres.cluster);
    const child = spawn('pgbouncer', [file], {
      ...(process.getuid?.() === 0 && { uid, gid }),
      env: { PATH: `${process.env['PATH']}${delimiter}/usr/sbin` },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', (error) => (said += error.message));
    const guard = new EndWithParent('TERM', folder);
    if (child.pid !== undefined) guard.add(child.pid);
    const bouncer = new PgBouncer(
      `postgresql://postgres@127.0.0.1:${port}/spend_ledger`,
      child,
      folder,
      guard,
    );
    try {
      await waitUntil('PgBouncer lets somebody in', () => bouncer.letsIn());
    } catch (error) {
      await bouncer.stop();
      throw new Error(`${String(error)}\n${said}`, { cause: error });
    }
    return bouncer;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      // At once, also where clients are connected.
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    this.guard.release();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async letsIn(): Promise<boolean> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return true;
    } finally {
      await client.end();
    }
  }
}

function printSettings(
  database: string,
  given: {
    readonly port: number;
    readonly poolMode: PoolMode;
    readonly ignored: readonly string[];
  },
): string {
  return `[databases]
${database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${given.port}
unix_socket_dir =
auth_type = any
pool_mode = ${given.poolMode}
ignore_startup_parameters = ${given.ignored.join(', ')}
`;
}

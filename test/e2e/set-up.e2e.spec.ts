import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig as readAuth } from '../../apps/auth/src/config';
import { readConfig as readIngest } from '../../apps/ingest/src/config';
import { readConfig as readProjector } from '../../apps/projector/src/config';
import { readConfig as readStandalone } from '../../apps/standalone/src/config';
import { PROJECT_FOLDER } from '#libs/testing';

const CONFIGS = {
  standalone: readStandalone,
  ingest: readIngest,
  projector: readProjector,
  auth: readAuth,
};

const run = (cwd: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
  new Promise<{ text: string; out: string }>((resolve) => {
    const options = { cwd, env: { PATH: process.env['PATH'], ...env } };
    execFile(process.execPath, args, options, (_error, out, text) => resolve({ out, text }));
  });

describe('a fresh clone', () => {
  let clone: string;
  let other: Server;
  let port: string;

  beforeAll(async () => {
    clone = mkdtempSync(join(tmpdir(), 'spend-ledger-clone-'));
    for (const part of ['scripts', 'docker', 'package.json', 'package-lock.json']) {
      cpSync(join(PROJECT_FOLDER, part), join(clone, part), { recursive: true });
    }
    other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    port = String((other.address() as AddressInfo).port);
  });
  afterAll(() => {
    other.close();
    rmSync(clone, { recursive: true });
  });

  it.each([
    ['start', 'HTTP_PORT'],
    ['start', 'GRPC_PORT'],
    ['ingest', 'GRPC_PORT'],
    ['projector', 'HTTP_PORT'],
    ['auth', 'HTTP_PORT'],
  ])('says before anything is installed that a port is taken: %s, %s', async (target, name) => {
    const free = { HTTP_PORT: '0', GRPC_PORT: '0' };
    const env = { ...free, [name]: port };
    expect((await run(clone, ['scripts/run.mjs', target], env)).text).toBe(
      `Another process listens on port ${port} on 127.0.0.1 already; set ${name} to another one.\n`,
    );
  });

  it('looks at the ports that the processes open', async () => {
    const print =
      "import('./docker/processes.mjs').then((m) => console.log(JSON.stringify(m.PORTS)))";
    const { out } = await run(PROJECT_FOLDER, ['-e', print]);
    const opened = Object.entries(CONFIGS).map(([name, read]) => {
      const { httpPort, grpcPort } = read({});
      const ports = { HTTP_PORT: httpPort, ...(grpcPort > 0 && { GRPC_PORT: grpcPort }) };
      return [name, ports];
    });
    expect(JSON.parse(out)).toEqual(Object.fromEntries(opened));
  });
});

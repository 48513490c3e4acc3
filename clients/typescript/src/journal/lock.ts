import { closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';

/**
 * A lock that the kernel gives back when its process dies, however it dies: a socket that listens. It needs no process
 * ids, so neither their reuse nor containers that share a folder can confuse it, and no clock. It relies on a file system
 * that has sockets, and on all processes that share the folder being on one machine.
 */
export class Lock {
  private constructor(
    private readonly path: string,
    private readonly server: Server,
  ) {}

  /** @throws Error if the folder can hold no socket */
  static async take(path: string): Promise<Lock> {
    const server = createServer((visitor) => visitor.on('error', () => undefined).destroy());
    await withAddress(path, async (address) => {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(address, resolve);
      });
    });
    server.on('error', () => undefined);
    server.unref();
    return new Lock(path, server);
  }

  /** Whether the process that took it lives. Where that cannot be told, it does. */
  static isHeld(path: string): Promise<boolean> {
    return withAddress(path, isAnswered);
  }

  async release(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.path, { force: true });
  }
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const visit = connect(address, () => {
      visit.destroy();
      resolve(true);
    });
    visit.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
    );
  });
}

/** A socket's path has at most so many bytes, and is cut off silently beyond. */
const LONGEST_PATH = 100;

async function withAddress<T>(path: string, use: (address: string) => Promise<T>): Promise<T> {
  if (process.platform === 'win32') return use(`\\\\.\\pipe\\spend-ledger-${basename(path)}`);
  if (Buffer.byteLength(path) <= LONGEST_PATH) return use(path);
  if (process.platform !== 'linux') {
    throw new Error(`its path is longer than ${LONGEST_PATH} bytes: choose a shorter one`);
  }
  const folder = openSync(dirname(path), 'r');
  try {
    return await use(join('/proc/self/fd', String(folder), basename(path)));
  } finally {
    closeSync(folder);
  }
}

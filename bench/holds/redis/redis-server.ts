import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EndWithParent, freePort, waitUntil } from '#libs/testing';
import { RedisClient } from './redis-client';

/** A Redis of the benchmark's own that has written each answer's change to disk before it gives the answer. */
export class RedisServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly port: number,
    private readonly guard: EndWithParent,
  ) {}

  /** @returns `undefined` when no `redis-server` is on the PATH */
  static async startIfInstalled(): Promise<RedisServer | undefined> {
    const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-redis-'));
    const port = await freePort();
    const settings = { port, bind: '127.0.0.1', dir: folder, save: '' };
    // A rewrite of the file would compete with what is measured.
    const synced = { appendonly: 'yes', appendfsync: 'always', 'auto-aof-rewrite-percentage': 0 };
    const args = Object.entries({ ...settings, ...synced }).flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ]);
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    const guard = new EndWithParent('KILL', folder);
    try {
      await once(child, 'spawn');
    } catch {
      guard.release();
      return undefined;
    }
    guard.add(child.pid!);
    const server = new RedisServer(child, folder, port, guard);
    try {
      await waitUntil('Redis answered', () => server.answers());
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  async stop(): Promise<void> {
    const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
    if (!hasEnded && this.child.kill('SIGKILL')) await once(this.child, 'exit');
    this.guard.delete(this.pid);
    await rm(this.folder, { recursive: true, force: true });
    this.guard.release();
  }

  private async answers(): Promise<boolean> {
    const client = await RedisClient.open(this.port);
    try {
      return (await client.ask('PING')) === 'PONG';
    } finally {
      client.close();
    }
  }
}

import { readdir, readFile, readlink } from 'node:fs/promises';
import type { LitellmProxy } from './litellm-proxy';

/** The worker process of a proxy that has most connections to a port: those that take no call have none. */
export async function busiestWorkerOf({ pid }: LitellmProxy, port: number): Promise<number> {
  const inodes = await inodesTo(port);
  const workers = await workersOf(pid);
  const counted = await Promise.all(
    workers.map(async (worker) => {
      const sockets = await socketsOf(worker);
      return { worker, calls: sockets.filter((socket) => inodes.has(socket)).length };
    }),
  );
  return counted.toSorted((one, other) => other.calls - one.calls)[0]!.worker;
}

async function workersOf(pid: number): Promise<number[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    processes.map(async (one) => {
      const stat = await readFile(`/proc/${one}/stat`, 'utf8').catch(() => '');
      const command = await readFile(`/proc/${one}/cmdline`, 'utf8').catch(() => '');
      const parent = Number(/\) \S (\d+)/.exec(stat)?.[1]);
      return parent === pid && command.includes('spawn_main') ? one : undefined;
    }),
  );
  return found.filter((one) => one !== undefined);
}

async function socketsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const links = (await readdir(folder)).map((name) =>
    readlink(`${folder}/${name}`).catch(() => ''),
  );
  return (await Promise.all(links)).map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '');
}

/** Of the sockets on this machine whose other end is this port. */
async function inodesTo(port: number): Promise<Set<string>> {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim());
  const fields = lines.map((line) => line.split(/\s+/));
  return new Set(fields.filter((one) => one[2]?.endsWith(end)).map((one) => one[9]!));
}

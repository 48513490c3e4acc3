import { readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { unlessMissing } from './error-code';
import { runCommand } from './run-command';

/**
 * Whether that process lives and is a Postgres of that cluster. `kill(pid, 0)`, which Postgres
 * itself asks, also says yes for the dead whom nobody has reaped (a container without an init) and
 * for another program that was given the same pid.
 */
export async function isPostgresOf(cluster: string, pid: number): Promise<boolean> {
  const ownStat = await unlessMissing(readFile('/proc/self/stat', 'utf8'));
  return ownStat === undefined ? await byPs(cluster, pid) : await byProc(cluster, pid);
}

async function byProc(cluster: string, pid: number): Promise<boolean> {
  const about = await read(() => readFile(`/proc/${pid}/stat`, 'utf8'));
  // The name, in parentheses, may itself contain spaces and parentheses.
  const state = about?.slice(about.lastIndexOf(')') + 2)[0];
  if (state === undefined || 'ZXx'.includes(state)) return false;
  const commandLine = await read(() => readFile(`/proc/${pid}/cmdline`, 'utf8'));
  const words = commandLine?.split('\0') ?? [];
  if (!path.basename(words[0] ?? '').startsWith('postgres')) return false;
  const workingFolder = await read(() => readlink(`/proc/${pid}/cwd`));
  // Not readable for a process of another user.
  if (workingFolder === undefined) return words.includes(cluster);
  return workingFolder === cluster || workingFolder === `${cluster} (deleted)`;
}

async function byPs(cluster: string, pid: number): Promise<boolean> {
  const { ok, output } = await runCommand('ps', ['-ww', '-o', 'stat=,command=', '-p', String(pid)]);
  return ok && !output.startsWith('Z') && output.includes('postgres') && output.includes(cluster);
}

async function read(reading: () => Promise<string>): Promise<string | undefined> {
  try {
    return await reading();
  } catch {
    return undefined;
  }
}

import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { waitUntil } from './wait-until';

/** One process at a time, as long as it lives. @param limitMs how long it may take until the file is free */
export async function withFileLock(
  path: string,
  limitMs: number,
  work: () => Promise<void>,
): Promise<void> {
  await waitUntil(`${path} was free`, () => takeLock(path), limitMs);
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (!isAlive(holderOf(path))) await rm(path, { force: true });
    return false;
  }
}

/** 0 while the holder has not written who it is; that is alive. */
function holderOf(path: string): number {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

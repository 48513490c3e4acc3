import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '#libs/testing';

/** What never changes is found out by what follows. */
const LIMIT_MS = 5_000;

/** Looks at all files of a folder. @returns what waits until one has changed since, or for the limit */
export async function watchFolder(folder: string): Promise<() => Promise<void>> {
  const before = await stateOf(folder);
  const hasChanged = async () => (await stateOf(folder)) !== before;
  return () => waitUntil(`${folder} has changed`, hasChanged, LIMIT_MS).catch(() => undefined);
}

async function stateOf(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true })).sort();
  const states = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeNs } = await stat(join(folder, file), { bigint: true });
      return `${file} ${size} ${mtimeNs}`;
    }),
  );
  return states.join('\n');
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** @returns the files below the folder in which one of the secrets stands */
export async function secretsIn(folder: string, secrets: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const content = await readFile(join(entry.parentPath, entry.name), 'latin1');
    if (secrets.some((secret) => content.includes(secret))) found.push(entry.name);
  }
  return found;
}

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const COPIED = ['package.json', 'package-lock.json', 'docs/licences.md', 'docker', '.ci'];

export interface ManifestCopy {
  readonly folder: string;
  /** Puts one text for another that must be there. */
  replace(file: string, old: string, now: string): void;
  remove(): void;
}

/** A folder with what says which packages and images are used, and nothing else. */
export function copyManifest(): ManifestCopy {
  const folder = mkdtempSync(join(tmpdir(), 'spend-ledger-manifest-'));
  for (const path of COPIED) cpSync(path, join(folder, path), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return {
    folder,
    replace(file, old, now) {
      const text = readFileSync(join(folder, file), 'utf8');
      if (!text.includes(old)) throw new Error(`${file} has no ${old}`);
      writeFileSync(join(folder, file), text.replace(old, now));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['apps', 'libs', 'test', 'bench'];
const NEEDS = /^ ?\/?\*+ @needs ([a-z0-9.-]+)/gm;
const HEAD_BYTES = 1024;

export function specFiles() {
  return FOLDERS.flatMap(filesBelow).filter((file) => file.endsWith('.spec.ts'));
}

/** Every spec that says what it needs of the machine: `{ file, needs }`. */
export function specsWithNeeds() {
  return specFiles()
    .map((file) => ({ file, needs: [...headOf(file).matchAll(NEEDS)].map(([, name]) => name) }))
    .filter(({ needs }) => needs.length > 0);
}

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

function headOf(file) {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.toString('utf8', 0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

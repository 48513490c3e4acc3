/**
 * `npm ci` refuses a lock in which a package of another platform is missing, and npm leaves such packages out
 * when the registry does not offer them at that moment. Their versions stand in the packages that ask for them,
 * so they can be filled in; their checksums cannot, and are left out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const LOCK = 'package-lock.json';
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];

/** The lock's entries that are asked for but missing: `{ path, entry }[]`. */
export function missingEntries(packages) {
  return Object.entries(packages).flatMap(([path, parent]) =>
    Object.entries(parent.optionalDependencies ?? {})
      .filter(([name]) => !isInstalledFor(packages, path, name))
      .map(([name, version]) => ({
        path: `node_modules/${name}`,
        entry: entryOf(name, version, parent.dev),
      })),
  );
}

function isInstalledFor(packages, path, name) {
  const parents = path.split('/node_modules/').map((_, depth, all) => all.slice(0, depth + 1));
  const folders = ['', ...parents.map((parts) => `${parts.join('/node_modules/')}/`)];
  return folders.some((folder) => `${folder}node_modules/${name}` in packages);
}

function entryOf(name, version, dev) {
  const words = name.split(/[/-]/);
  const os = words.find((word) => SYSTEMS.includes(word));
  const arch = os && words[words.indexOf(os) + 1];
  return {
    version,
    ...(arch && { cpu: [arch.startsWith('arm') && arch !== 'arm64' ? 'arm' : arch] }),
    ...(dev && { dev }),
    optional: true,
    ...(os && { os: [os] }),
  };
}

function completeLock() {
  const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
  const missing = missingEntries(lock.packages);
  for (const { path, entry } of missing) lock.packages[path] = entry;
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${LOCK}: ${missing.length} packages of other platforms filled in`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) completeLock();

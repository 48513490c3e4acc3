/** What no other tool says: files stay short, nothing is left open, the lock serves every machine. */
import { globSync, readFileSync } from 'node:fs';
import { missingEntries } from '../complete-lock.mjs';

const LINES_MAX = 250;
const SOURCES = [
  '{apps,libs,test,bench,scripts,docker}/**/*.{ts,mjs,cjs,js,sh,sql}',
  '*.{mjs,cjs,js,ts}',
  '.ci/run',
];
// Written so that they do not find themselves.
const LEFT_OPEN = [
  /\b(TO[D]O|FIXM[E]|XX[X]|HAC[K])\b/,
  /\.(onl[y]|ski[p])\(/,
  /\b(xi[t]|fi[t]|xdescrib[e])\(/,
];

const faults = [...globSync(SOURCES).flatMap(faultsOfFile), ...faultsOfLock()];
if (faults.length > 0) {
  console.log(faults.join('\n'));
  process.exitCode = 1;
}

function faultsOfFile(file) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const open = lines.flatMap((line, at) =>
    LEFT_OPEN.some((pattern) => pattern.test(line)) ? [`${file}:${at + 1}: ${line.trim()}`] : [],
  );
  if (lines.length <= LINES_MAX) return open;
  return [...open, `${file}: ${lines.length} lines, more than ${LINES_MAX}`];
}

function faultsOfLock() {
  const text = readFileSync('package-lock.json', 'utf8');
  const { packages } = JSON.parse(text);
  const missing = missingEntries(packages).map(({ path }) => path);
  return [
    ...(text.includes('"resolved": "http') ? ['package-lock.json names a download host'] : []),
    ...(missing.length > 0 ? [`package-lock.json lacks ${missing}: npm run lock:complete`] : []),
    ...manifestFaults(packages['']),
  ];
}

/** `npm ci` refuses a lock that is behind package.json; here it is said before anyone clones. */
function manifestFaults(locked) {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
  return ['dependencies', 'devDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {})
      .filter(([name, version]) => locked[kind]?.[name] !== version)
      .map(([name]) => `package-lock.json is behind package.json in ${name}: npm install`),
  );
}

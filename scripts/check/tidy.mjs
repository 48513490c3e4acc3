/** What no other tool says: files stay short, nothing is left open. */
import { globSync, readFileSync } from 'node:fs';

const LINES_MAX = 250;
const SOURCES = [
  '{apps,libs,test,bench,scripts,docker}/**/*.{ts,mjs,cjs,js,sh,sql}',
  '*.{mjs,cjs,js,ts}',
  'clients/*/{src,recovery,scripts,test,tests}/**/*.{ts,mjs,py}',
  '.ci/run',
];
/** As long as what it is made of. */
const GENERATED = /^clients\/(typescript\/src\/openapi\.ts|python\/src\/spend_ledger\/_types\.py)$/;
// Written so that they do not find themselves.
const LEFT_OPEN = [
  /\b(TO[D]O|FIXM[E]|XX[X]|HAC[K])\b/,
  /\.(onl[y]|ski[p])\(/,
  /\b(xi[t]|fi[t]|xdescrib[e])\(/,
];

const faults = globSync(SOURCES)
  .filter((file) => !GENERATED.test(file))
  .flatMap(faultsOfFile);
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

/** docs/configuration.md against the code, both ways: every variable, its default, and which process reads it. */
import { globSync, readFileSync } from 'node:fs';

const PAGE = 'docs/configuration.md';
const ROW = /^\| `([A-Z][A-Z0-9_]*)`\s*\|([^|]*)\|(?:[^|]|\\\|)*\|([^|]*)\|$/;
const READ =
  /\b(?:env|reader)\.\w+(?:<[^>]*>)?\(\s*'([A-Z][A-Z0-9_]+)'|\bpositive\(\s*'([A-Z][A-Z0-9_]+)'/g;
const DEFAULT = /default:\s*(?:'([^']*)'|([\d_]+))/;
/** Where a file is says who reads what it reads. */
const READERS = [
  ['libs/runtime/', 'all'],
  ['apps/auth/', 'auth'],
  ['apps/ingest/', 'ingest'],
  ['apps/projector/', 'projector'],
  ['apps/standalone/', 'standalone'],
  ['apps/cli/', 'ledger'],
];

const documented = rowsOf(readFileSync(PAGE, 'utf8'));
const inCode = readVariables();
const faults = [
  ...[...inCode.keys()]
    .filter((name) => !documented.has(name))
    .map((name) => `${PAGE} does not name ${name}, which the code reads`),
  ...[...documented].flatMap(([name, row]) => faultsOf(name, row)),
];
if (faults.length > 0) {
  console.log(faults.join('\n'));
  process.exitCode = 1;
}

function rowsOf(markdown) {
  const rows = markdown.split('\n').flatMap((line) => {
    const [, name, fallback, readers] = ROW.exec(line) ?? [];
    if (name === undefined) return [];
    return [[name, { fallback: fallback.replaceAll('`', '').trim(), readers: listOf(readers) }]];
  });
  return new Map(rows);
}

function listOf(text) {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
    .sort();
}

/** Of each variable who reads it and, where it stands beside the name, its default. */
function readVariables() {
  const found = new Map();
  for (const file of globSync('{apps,libs}/*/src/**/*.ts')) {
    const reader = READERS.find(([folder]) => file.startsWith(folder))?.[1];
    if (reader === undefined || /\.(spec|fixture)\.ts$/.test(file)) continue;
    const text = readFileSync(file, 'utf8');
    if (!text.includes('EnvReader')) continue;
    for (const match of text.matchAll(READ)) {
      const name = match[1] ?? match[2];
      const known = found.get(name) ?? { readers: new Set(), fallback: undefined };
      known.readers.add(reader);
      known.fallback ??= defaultIn(text.slice(match.index, endOfCall(text, match.index)));
      found.set(name, known);
    }
  }
  return found;
}

function defaultIn(call) {
  const [, text, number] = DEFAULT.exec(call) ?? [];
  return text ?? number?.replaceAll('_', '');
}

/** The offset behind the bracket that closes the first one that opens. */
function endOfCall(text, from) {
  let depth = 0;
  for (let at = text.indexOf('(', from); at < text.length; at++) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function faultsOf(name, { fallback, readers }) {
  const known = inCode.get(name);
  if (known === undefined) return [`${PAGE} names ${name}, which no process reads`];
  const faults = [];
  if (known.fallback !== undefined && known.fallback !== fallback) {
    faults.push(`${PAGE}: ${name} is ${known.fallback} unless set, not ${fallback || 'nothing'}`);
  }
  const expected = known.readers.has('all') ? ['all'] : [...known.readers].sort();
  if (expected.join() !== readers.join()) {
    faults.push(`${PAGE}: ${name} is read by ${expected.join(', ')}, not ${readers.join(', ')}`);
  }
  return faults;
}

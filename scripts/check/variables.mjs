/** docs/configuration.md against the code, both ways: every variable, its default, and which process reads it. */
import { globSync, readFileSync } from 'node:fs';

const PAGE = 'docs/configuration.md';
const ROW = /^\| `([A-Z][A-Z0-9_]*)`\s*\|([^|]*)\|(?:[^|]|\\\|)*\|([^|]*)\|$/;
const READ =
  /\b(?:env|reader)\.\w+(?:<[^>]*>)?\(\s*'([A-Z][A-Z0-9_]+)'|\bpositive\(\s*'([A-Z][A-Z0-9_]+)'/g;
const DEFAULT = /default:\s*(?:'([^']*)'|([\d_]+))/;
const READERS = { auth: 'auth', ingest: 'ingest', projector: 'projector', cli: 'ledger' };
const SHARED = ['libs/runtime/src/', 'libs/opening/src/'];
const READING_FUNCTION = /export (?:const|function) (read\w+)/g;

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
  const files = sourcesThatRead();
  const found = new Map();
  for (const { file, text } of files) {
    for (const match of text.matchAll(READ)) {
      const name = match[1] ?? match[2];
      const known = found.get(name) ?? { readers: new Set(), fallback: undefined };
      for (const reader of readersOf(file, files)) known.readers.add(reader);
      known.fallback ??= defaultIn(text.slice(match.index, endOfCall(text, match.index)));
      found.set(name, known);
    }
  }
  return found;
}

function sourcesThatRead() {
  return globSync('{apps,libs}/*/src/**/*.ts')
    .filter((file) => !/\.(spec|fixture)\.ts$/.test(file))
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
    .filter(({ text }) => text.includes('EnvReader') || /\bread\w+\(env\)/.test(text));
}

/** An app reads what its own files read, and what those shared functions read that it calls, directly or not. */
function readersOf(file, files) {
  const app = /^apps\/([^/]+)\//.exec(file)?.[1];
  if (app !== undefined) return [READERS[app] ?? app];
  if (!SHARED.some((folder) => file.startsWith(folder))) return [];
  const own = files.find((each) => each.file === file).text;
  const names = [...own.matchAll(READING_FUNCTION)].map(([, name]) => name);
  const callers = files.filter(
    (each) => each.file !== file && names.some((name) => each.text.includes(`${name}(`)),
  );
  return callers.flatMap((each) => readersOf(each.file, files));
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
  // Standalone reads whatever ingest, projector or auth read.
  const isShared = ['auth', 'ingest', 'projector'].some((reader) => known.readers.has(reader));
  const named = [...known.readers].filter((reader) => reader !== 'standalone' || !isShared);
  const isAll = Object.values(READERS).every((reader) => named.includes(reader));
  const expected = isAll ? ['all'] : named.sort();
  if (expected.join() !== readers.join()) {
    faults.push(`${PAGE}: ${name} is read by ${expected.join(', ')}, not ${readers.join(', ')}`);
  }
  return faults;
}

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const PRIVATE = /(\t*\/\*\*(?:(?!\*\/)[^])*\*\/\n)?\t+private (?!constructor)[^;]*;\n/g;
const IMPORT = /^import [^;]*;\n/gm;
const FROM = /from '(\.[^']+)\.js'/g;
const NO_MORE = /^export \{\};\n/gm;

/**
 * Puts all declarations that the entries need into one `types.d.cts`, which they hand on: without private members, and
 * the generated ones without their comments.
 */
export function joinTypes(folder, entries) {
  const all = `${folder}-types`;
  renameSync(folder, all);
  const modules = new Map();
  const read = (path) => readFileSync(`${path}.d.ts`, 'utf8');
  const need = (path) => {
    if (modules.has(path)) return;
    modules.set(path, '');
    const text = read(path);
    for (const [, imported] of text.matchAll(FROM)) need(join(dirname(path), imported));
    modules.set(path, path.endsWith('openapi') ? withoutComments(text) : text);
  };
  for (const entry of entries) {
    const text = read(join(all, entry));
    for (const [, imported] of text.matchAll(FROM)) need(join(all, dirname(entry), imported));
    const types = relative(dirname(entry), 'types').replace(/^(?!\.)/, './');
    write(join(folder, `${entry}.d.cts`), text.replace(FROM, `from '${types}.cjs'`));
  }
  const joined = [...modules.values()].join('').replace(IMPORT, '').replace(NO_MORE, '');
  write(join(folder, 'types.d.cts'), withTabs(joined).replace(PRIVATE, ''));
  rmSync(all, { recursive: true });
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A little smaller. */
function withTabs(text) {
  return text.replace(/^( {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
}

function withoutComments(text) {
  const source = ts.createSourceFile('generated.d.ts', text, ts.ScriptTarget.ES2022);
  return ts.createPrinter({ removeComments: true }).printFile(source);
}

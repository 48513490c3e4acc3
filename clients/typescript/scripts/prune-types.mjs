import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const PRIVATE = /(\t*\/\*\*(?:(?!\*\/)[^])*\*\/\n)?\t+private (?!constructor)[^;]*;\n/g;
const IMPORT = /(from |import\()(['"])(\.[^'"]+)\.js\2/g;

/**
 * Leaves only the declarations that the entries need, as those of CommonJS, without private members, and the generated
 * ones without their comments.
 */
export function pruneTypes(folder, entries) {
  const all = `${folder}-types`;
  renameSync(folder, all);
  const needed = new Set();
  const need = (path) => {
    if (needed.has(path)) return;
    needed.add(path);
    const text = readFileSync(`${path}.d.ts`, 'utf8');
    for (const [, , , imported] of text.matchAll(IMPORT)) need(join(dirname(path), imported));
    const printed = path.endsWith('openapi') ? withoutComments(text) : text;
    const kept = join(folder, `${relative(all, path)}.d.cts`);
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, withTabs(printed).replace(PRIVATE, '').replace(IMPORT, '$1$2$3.cjs$2'));
  };
  for (const entry of entries) need(join(all, entry));
  rmSync(all, { recursive: true });
}

/** A little smaller. */
function withTabs(text) {
  return text.replace(/^( {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4));
}

function withoutComments(text) {
  const source = ts.createSourceFile('generated.d.ts', text, ts.ScriptTarget.ES2022);
  return ts.createPrinter({ removeComments: true }).printFile(source);
}

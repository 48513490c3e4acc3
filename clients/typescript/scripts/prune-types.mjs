import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

const IMPORT = /(?:from|import\() ?['"](\.[^'"]+)\.js['"]/g;

/** Leaves only the declarations that the entries need, and the generated ones without their comments. */
export function pruneTypes(folder, entries) {
  const needed = new Set();
  const need = (file) => {
    if (needed.has(file)) return;
    needed.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, path] of text.matchAll(IMPORT)) need(join(dirname(file), `${path}.d.ts`));
  };
  for (const entry of entries) need(join(folder, `${entry}.d.ts`));
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = join(folder, name);
    if (name.endsWith('.d.ts') && !needed.has(file)) rmSync(file);
  }
  const generated = join(folder, 'openapi.d.ts');
  const source = ts.createSourceFile(
    generated,
    readFileSync(generated, 'utf8'),
    ts.ScriptTarget.ES2022,
  );
  writeFileSync(generated, ts.createPrinter({ removeComments: true }).printFile(source));
}

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { parseSync } = require('@swc/core');

/**
 * The `index.ts` of a library as a module that loads, for each of its names, the file which has that name, when it is
 * used. So a short command does not load all of the ledger. Also a transform for Jest, which loads the modules of every
 * suite anew.
 */
module.exports = {
  lazyIndex,
  process: (source, file) => ({ code: lazyIndex(source, file) }),
  // The names are those of the other files.
  getCacheKey: (source, file) =>
    [readFileSync(__filename), source, ...statementsOf(source).map(({ from }) => read(file, from))]
      .reduce((hash, text) => hash.update(text), createHash('sha256'))
      .digest('hex'),
};

function lazyIndex(source, file) {
  return statementsOf(source)
    .flatMap((statement) => namesOf(statement, file).map((name) => getter(name, statement)))
    .join('\n');
}

/** Keeps what it has loaded: a timer that outlives its suite may still use it, and can load nothing any more. */
const getter = (name, { from }) =>
  `{ let loaded; Object.defineProperty(exports, '${name}', { enumerable: true, get: () => (loaded ??= require('${from}')).${name} }); }`;

/** An index has `export * from '…'` and `export { … } from '…'` alone, or of types. */
const statementsOf = (source) =>
  [...source.matchAll(/^export (?:\*|\{([^}]*)\}) from '([^']*)';$/gm)].map(([, list, from]) => ({
    list,
    from,
  }));

const read = (file, from) => readFileSync(join(dirname(file), `${from}.ts`), 'utf8');

/** Those of values. */
function namesOf({ list, from }, file) {
  if (list === undefined) return declaredIn(read(file, from));
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
}

function declaredIn(source) {
  const { body } = parseSync(source, { syntax: 'typescript', decorators: true });
  const names = body
    .filter(({ type }) => type === 'ExportDeclaration')
    .map(({ declaration }) => declaration)
    .filter(({ type }) => type !== 'TsInterfaceDeclaration' && type !== 'TsTypeAliasDeclaration')
    .flatMap(({ identifier, declarations }) => identifier ?? declarations.map(({ id }) => id))
    .map(({ value }) => value);
  // A function is declared once for each of its overloads.
  return [...new Set(names)];
}

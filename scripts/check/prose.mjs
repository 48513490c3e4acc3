/**
 * Pages stay short enough to read: sizes of README and ARCHITECTURE, lengths of the libs' pages, widths of lines.
 * Pages, comments and messages name who does what.
 */
import { globSync, readFileSync } from 'node:fs';

const BYTES_MAX = { 'README.md': 9_216, 'ARCHITECTURE.md': 16_384 };
const LIB_PAGES = 'libs/*/README.md';
const LIB_LINES_MAX = 120;
const WIDTH_MAX = 160;
/** Written by a tool. */
const NOT_PROSE = ['docs/licences.md'];
const PAGES = ['*.md', '{apps,libs,bench,docker,docs,test,clients}/**/*.md'];
const SOURCES = ['{apps,libs,bench,docker,scripts,test}/**/*.{ts,mjs,json,proto,yaml}'];
/** In quotation marks they may be spoken of. Written so that they do not find themselves. */
const NO_ACTOR = /(?<!“)\b(?:who[e]ver|it is tol[d])\b/i;

const faults = [...sizes(), ...lengths(), ...widths(), ...actors()];
if (faults.length > 0) {
  console.log(faults.join('\n'));
  process.exitCode = 1;
}

function sizes() {
  return Object.entries(BYTES_MAX)
    .map(([file, most]) => ({ file, most, bytes: readFileSync(file).length }))
    .filter(({ bytes, most }) => bytes > most)
    .map(({ file, bytes, most }) => `${file}: ${bytes} bytes, more than ${most}`);
}

function lengths() {
  return globSync(LIB_PAGES)
    .map((file) => ({ file, lines: linesOf(file).length }))
    .filter(({ lines }) => lines > LIB_LINES_MAX)
    .map(({ file, lines }) => `${file}: ${lines} lines, more than ${LIB_LINES_MAX}`);
}

/** A line that is mostly an address cannot be broken; tables and code need not be. */
function widths() {
  return filesOf(PAGES)
    .filter((file) => !NOT_PROSE.includes(file))
    .flatMap((file) => {
      let isCode = false;
      return linesOf(file).flatMap((line, at) => {
        if (line.trimStart().startsWith('```')) isCode = !isCode;
        const isFree = isCode || line.trimStart().startsWith('|') || /https?:/.test(line);
        return isFree || Buffer.byteLength(line) <= WIDTH_MAX
          ? []
          : [`${file}:${at + 1}: ${Buffer.byteLength(line)} bytes wide, more than ${WIDTH_MAX}`];
      });
    });
}

function actors() {
  return filesOf([...PAGES, ...SOURCES]).flatMap((file) =>
    linesOf(file).flatMap((line, at) => {
      const found = NO_ACTOR.exec(line);
      return found ? [`${file}:${at + 1}: “${found[0]}”: name who does it`] : [];
    }),
  );
}

function filesOf(patterns) {
  return globSync(patterns, { exclude: (path) => path.includes('node_modules') });
}

function linesOf(file) {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

/**
 * The dependency rules over this repository, after a test of the rules themselves: a tree with one planted
 * violation per rule, and a clean one. A rule that no longer bites is as good as none.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { CLEAN, PLANTED } from './planted-violations.mjs';

const { forbidden, options } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs');
const FOLDERS = ['apps', 'libs', 'test', 'bench'];
const TSCONFIGS = ['tsconfig.json', options.tsConfig.fileName];
const ROOT = process.cwd();

const silent = await testRules();
if (silent.length > 0) fail(silent);
const violations = await violationsIn(ROOT);
if (violations.length > 0)
  fail(violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`));
console.log(`${forbidden.length} rules, each caught its planted violation`);

function fail(lines) {
  console.log(lines.join('\n'));
  process.exit(1);
}

async function testRules() {
  const unplanted = forbidden.map(({ name }) => name).filter((name) => !(name in PLANTED));
  const found = await violationsOf(Object.assign({}, CLEAN, ...Object.values(PLANTED)));
  const names = new Set(found.map(({ rule }) => rule.name));
  const dull = Object.keys(PLANTED).filter((name) => !names.has(name));
  const overeager = await violationsOf(CLEAN);
  return [
    ...unplanted.map((name) => `${name}: no violation is planted for this rule`),
    ...dull.map((name) => `${name}: missed its planted violation`),
    ...overeager.map(
      ({ rule, from, to }) => `${rule.name}: refused what is allowed, ${from} → ${to}`,
    ),
  ];
}

async function violationsOf(files) {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dependency-rules-')));
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    for (const file of TSCONFIGS) copyFileSync(file, join(root, file));
    return await violationsIn(root);
  } finally {
    process.chdir(ROOT);
    rmSync(root, { recursive: true, force: true });
  }
}

async function violationsIn(root) {
  process.chdir(root);
  const tsConfig = extractTSConfig(options.tsConfig.fileName);
  const { output } = await cruise(
    FOLDERS.filter((folder) => existsSync(folder)),
    { ...options, baseDir: root, validate: true, ruleSet: { forbidden, options } },
    undefined,
    { tsConfig },
  );
  return output.summary.violations;
}

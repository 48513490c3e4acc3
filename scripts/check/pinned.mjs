/**
 * What is installed is what was tested: exact versions in package.json, all of them in a lock that serves every
 * machine, nothing installed past the lock, and images with a version.
 */
import { globSync, readFileSync } from 'node:fs';
import { missingEntries } from '../complete-lock.mjs';

/** Of the package itself, or of one that goes by another name here. */
const EXACT = /^(?:npm:(?:@[\w-]+\/)?[\w-]+@)?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
const INSTALLING = ['docker/**/Dockerfile', 'docker/**/*.sh', '.ci/run'];
const PAST_THE_LOCK = /\bnpm (i|in|ins|install|add|update|up)\b|\bnpx\b|\bcurl\b.*\|/;
const IMAGES = ['docker/**/Dockerfile', 'docker/**/*.yaml'];
/** Stages and arguments are named without a tag; the ledger's own image is built here. */
const IMAGE = /^\s*(?:ARG \w*IMAGE=|FROM |(?:- )?image: )(?<name>[^\s$]+)/;
const OWN = ['spend-ledger'];

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lockText = readFileSync('package-lock.json', 'utf8');
const { packages } = JSON.parse(lockText);

const faults = [
  ...faultsOfManifest(),
  ...faultsOfLock(),
  ...linesOf(INSTALLING)
    .filter(({ line }) => PAST_THE_LOCK.test(line))
    .map(({ at, line }) => `${at}: installs past the lock file: ${line.trim()}`),
  ...faultsOfImages(),
];
if (faults.length > 0) {
  console.log(faults.join('\n'));
  process.exitCode = 1;
}

function faultsOfManifest() {
  return KINDS.flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).flatMap(([name, version]) => [
      ...(EXACT.test(version) ? [] : [`package.json has ${name} at ${version}: name one version`]),
      ...(packages[''][kind]?.[name] === version
        ? []
        : [`package-lock.json is behind package.json in ${name}: npm install`]),
      ...(`node_modules/${name}` in packages ? [] : [`package-lock.json lacks ${name}`]),
    ]),
  );
}

/** An entry without a checksum is one of another platform, which `scripts/complete-lock.mjs` has filled in. */
function faultsOfLock() {
  const missing = missingEntries(packages).map(({ path }) => path);
  const unsure = Object.entries(packages).filter(
    ([path, { integrity, optional, os, link }]) =>
      path !== '' && (link || (!integrity && !(optional && os))),
  );
  return [
    ...(lockText.includes('"resolved": "') ? ['package-lock.json names where to download'] : []),
    ...(missing.length > 0 ? [`package-lock.json lacks ${missing}: npm run lock:complete`] : []),
    ...unsure.map(([path]) => `package-lock.json has no checksum of ${path}`),
  ];
}

function faultsOfImages() {
  return linesOf(IMAGES).flatMap(({ at, line, stages }) => {
    const name = IMAGE.exec(line)?.groups.name;
    if (name === undefined || OWN.includes(name) || stages.includes(name)) return [];
    const version = /(?:@sha256:|:)(?<version>[^/:]+)$/.exec(name)?.groups.version ?? 'latest';
    return version === 'latest' ? [`${at}: the image ${name} has no version`] : [];
  });
}

function linesOf(patterns) {
  return globSync(patterns).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const stages = [...text.matchAll(/^FROM .* AS (\S+)/gm)].map(([, stage]) => stage);
    return text.split('\n').map((line, n) => ({ at: `${file}:${n + 1}`, line, stages }));
  });
}

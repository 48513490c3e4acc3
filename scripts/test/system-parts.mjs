import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { say } from '../setup/say.mjs';
import { fetchEnvoy, hasEnvoy } from './envoy-binary.mjs';
import { fetchPrometheus, hasPrometheus } from './prometheus-binary.mjs';
import { findPython, versionOf } from './find-python.mjs';

/** The oldest and the newest that the client in Python supports. */
const OTHER_PYTHONS = ['3.10', '3.13'];

/**
 * Programs of the machine that some specs need and npm does not bring. A spec says so in its first lines:
 * a doc comment with `@needs <name>`, once for each. `apt` is what Debian calls the packages.
 * What has `fetch` comes without a package: `npm test` fetches it where it can be reached.
 */
export const SYSTEM_PARTS = [
  {
    name: 'postgresql-15',
    apt: ['postgresql-15'],
    // Not any that the path has.
    isPresent: () => isProgram('/usr/lib/postgresql/15/bin/postgres'),
  },
  { name: 'pgbouncer', apt: ['pgbouncer'], isPresent: () => hasProgram('pgbouncer') },
  { name: 'nginx', apt: ['nginx'], isPresent: () => hasProgram('nginx') },
  { name: 'caddy', apt: ['caddy'], isPresent: () => hasProgram('caddy') },
  { name: 'haproxy', apt: ['haproxy'], isPresent: () => hasProgram('haproxy') },
  {
    name: 'envoy',
    apt: [],
    isPresent: hasEnvoy,
    fetch: fetchEnvoy,
    install: 'node scripts/envoy.mjs',
  },
  {
    name: 'prometheus',
    apt: [],
    isPresent: hasPrometheus,
    fetch: fetchPrometheus,
    install: 'node scripts/prometheus.mjs',
  },
  { name: 'java', apt: ['openjdk-17-jdk-headless'], isPresent: () => hasProgram('javac') },
  { name: 'maven', apt: ['maven'], isPresent: () => hasProgram('mvn') },
  { name: 'go', apt: ['golang'], isPresent: () => hasProgram('go') },
  { name: 'python3', apt: ['python3-venv'], isPresent: () => versionOf('python3') !== undefined },
  {
    // 750 MB of packages, which its specs install: a full run asks first, CI does not.
    name: 'litellm',
    apt: [],
    isPresent: () => process.env.CI === 'true' || existsSync('.litellm/installed'),
    install: 'npm test -- litellm',
  },
  ...OTHER_PYTHONS.map((version) => ({
    name: `python${version}`,
    apt: [],
    isPresent: () => findPython(version) !== undefined,
    install: `pyenv install ${version}`,
  })),
];

/** Those of the named ones that this machine lacks. */
export function missingParts(names) {
  const unknown = names.filter((name) => !SYSTEM_PARTS.some((part) => part.name === name));
  if (unknown.length > 0) throw new Error(`No system part is called ${unknown.join(', ')}.`);
  return SYSTEM_PARTS.filter((part) => names.includes(part.name) && !part.isPresent());
}

/** The line that installs it. */
export const installLine = ({ apt, install }) => install ?? `apt-get install ${apt.join(' ')}`;

/** Fetches those that need no package; what cannot be reached stays missing, with a line that says why. */
export async function fetchParts(parts) {
  for (const part of parts.filter(({ fetch }) => fetch !== undefined)) {
    await part.fetch().catch((error) => say(error.plain ? error.message : String(error)));
  }
}

/** Whether the path, or one of the folders beside it, has a program of this name. */
export function hasProgram(name, ...folders) {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', ...folders];
  return places.some((folder) => isProgram(join(folder, name)));
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** On Debian, as root: installs every system part that this machine lacks. Elsewhere it says what is missing. */
import { spawnSync } from 'node:child_process';
import {
  fetchParts,
  hasProgram,
  installLine,
  missingParts,
  SYSTEM_PARTS,
} from './system-parts.mjs';

const missing = missingParts(SYSTEM_PARTS.map(({ name }) => name));
const packages = missing.flatMap(({ apt }) => apt);
if (packages.length > 0) {
  if (process.getuid?.() !== 0 || !hasProgram('apt-get')) {
    console.error(`Missing: ${packages.join(' ')}. Root can install them on Debian.`);
    process.exit(1);
  }
  console.log(`Installing ${packages.join(' ')}.`);
  apt('update', '--quiet=2');
  apt('install', '--yes', '--quiet=2', '--no-install-recommends', ...packages);
}
await fetchParts(missing);
for (const part of missing.filter((each) => !each.isPresent())) {
  console.error(`Still missing: ${part.name}. ${installLine(part)}`);
  process.exitCode = 1;
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env });
  if (status !== 0) process.exit(status ?? 1);
}

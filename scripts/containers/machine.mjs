import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../setup/capture.mjs';
import { PlainError, say } from '../setup/say.mjs';

const INSTALL_MS_MAX = 5 * 60_000;
/** What of apt's settings says where and how it fetches, not what this machine does with it. */
const FETCHING =
  /^Acquire::(?!IndexTargets|cdrom|Changelogs|CompressionTypes|Languages|GzipIndexes)/;
const COMMANDS = { dockerd: 'docker.io', iptables: 'iptables', debootstrap: 'debootstrap' };

/** Debian's name of the release here. */
export function codename() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const name = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || !name || process.getuid?.() !== 0) {
    throw new PlainError(
      'This sets up an engine on Debian, as root; elsewhere set DOCKER_HOST to yours.',
    );
  }
  return name;
}

/** Installs what is missing of an engine. */
export async function installEngine() {
  const missing = [];
  for (const [command, name] of Object.entries(COMMANDS)) {
    if ((await capture('which', [command])).code !== 0) missing.push(name);
  }
  if (missing.length === 0) return;
  say(`Installing ${missing.join(', ')}.`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const args = ['install', '-y', '--no-install-recommends', ...missing];
  await capture('apt-get', ['update'], { limitMs: INSTALL_MS_MAX, env });
  const { code, text } = await capture('apt-get', args, { limitMs: INSTALL_MS_MAX, env });
  if (code !== 0) throw new PlainError(`${text}\napt-get could not install them; see above.`);
}

/** Where this machine fetches Debian from. */
export async function debianMirror(release) {
  const format = ['--format', '$(REPO_URI) $(CODENAME)', 'Created-By: Packages'];
  const { text } = await capture('apt-get', ['indextargets', ...format]);
  const [mirror] =
    text
      .split('\n')
      .find((line) => line.endsWith(` ${release}`))
      ?.split(' ') ?? [];
  if (!mirror) throw new PlainError(`apt has no source of Debian ${release} here.`);
  return mirror;
}

/** Gives a build apt's sources and settings of this machine, which stay out of the repository. */
export async function copyAptSettings(folder) {
  mkdirSync(join(folder, 'apt.conf.d'), { recursive: true });
  for (const name of ['sources.list', 'sources.list.d']) {
    const from = join('/etc/apt', name);
    if (existsSync(from)) cpSync(from, join(folder, name), { recursive: true });
  }
  const { text } = await capture('apt-config', ['dump']);
  const lines = text.split('\n').filter((line) => FETCHING.test(line));
  writeFileSync(join(folder, 'apt.conf.d/99machine'), `${lines.join('\n')}\n`);
}

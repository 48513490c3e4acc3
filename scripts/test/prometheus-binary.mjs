/** The Prometheus of the tests: out of Debian's package, which would also start a service if it were installed. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { capture } from '../setup/capture.mjs';
import { PlainError, say, secondsSince } from '../setup/say.mjs';

const FOLDER = resolve(import.meta.dirname, '../../.prometheus');
const FETCH_MS_MAX = 5 * 60_000;

const PROMTOOL = join(FOLDER, 'usr/bin/promtool');

export const hasPrometheus = () => existsSync(PROMTOOL);

/** @throws PlainError where the package cannot be had */
export async function fetchPrometheus() {
  if (hasPrometheus()) return;
  const startMs = Date.now();
  say('Fetching Debian’s Prometheus for the tests: once in a clone.');
  const own = mkdtempSync(`${FOLDER}-`);
  try {
    await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', 'prometheus'], own);
    const archive = readdirSync(own).find((name) => name.endsWith('.deb'));
    mkdirSync(join(own, 'unpacked'));
    await run('dpkg-deb', ['-x', archive, 'unpacked'], own);
    renameSync(join(own, 'unpacked'), FOLDER);
    say(`Fetched in ${secondsSince(startMs)}.`);
  } catch (error) {
    // Another run may have been first: its Prometheus is as good.
    if (!hasPrometheus()) throw error;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

async function run(command, args, cwd) {
  const { code, text, missing } = await capture(command, args, { cwd, limitMs: FETCH_MS_MAX });
  if (missing)
    throw new PlainError(
      'The tests’ Prometheus comes from Debian’s packages: there is no apt-get here.',
    );
  if (code !== 0)
    throw new PlainError(`${text}\nDebian’s prometheus could not be fetched; see above.`);
}

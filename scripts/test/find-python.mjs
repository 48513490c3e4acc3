import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A program of this version of Python (`3.10`) that can make a venv: from the path, or from pyenv.
 * A shim of pyenv stands on the path and yet runs only while its version is selected, so each is tried.
 * @returns its path, or undefined
 */
export function findPython(version) {
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const installed = (existsSync(pyenv) ? readdirSync(pyenv) : [])
    .filter((name) => name.startsWith(`${version}.`))
    .map((name) => join(pyenv, name, 'bin', `python${version}`));
  return [`python${version}`, ...installed].find((program) => versionOf(program) === version);
}

/** Which Python it is (`3.10`); undefined if it does not run or, as Debian's python3 alone, cannot make a venv. */
export function versionOf(program) {
  const script = 'import ensurepip, venv, sys; print("%d.%d" % sys.version_info[:2])';
  const { status, stdout } = spawnSync(program, ['-c', script], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

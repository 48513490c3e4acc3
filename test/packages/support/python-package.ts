import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '#libs/testing';
import { runTool } from '../../generated-clients/support/run-tool';
import { keptFolder } from './kept-folder';

export const PYTHON_CLIENT = join(PROJECT_FOLDER, 'clients/python');
/** What the package is made of. */
const SOURCES = ['src', 'pyproject.toml', 'README.md', 'LICENSE'].map((name) =>
  join(PYTHON_CLIENT, name),
);
const TOOLS = join(PYTHON_CLIENT, 'requirements-dev.txt');
const OLDEST = '3.10';

/** @returns the Python of a venv with the package's pinned tools, and the package to be edited in place */
export async function pythonWithTools(): Promise<string> {
  const manifest = join(PYTHON_CLIENT, 'pyproject.toml');
  const folder = await keptFolder('python-tools', [TOOLS, manifest], async (venv) => {
    const python = await makeVenv(OLDEST, venv);
    await pip(python, '--requirement', TOOLS);
    await pip(python, '--no-build-isolation', '--no-deps', '--editable', PYTHON_CLIENT);
  });
  return pythonIn(folder);
}

/** Builds the package. @returns a folder with a wheel and an sdist, and nothing else that pip knows */
export async function builtPython(): Promise<string> {
  const python = await pythonWithTools();
  return keptFolder('python-dist', [...SOURCES, TOOLS], async (folder) => {
    await runTool(python, ['-m', 'build', '--no-isolation', '--outdir', folder, PYTHON_CLIENT]);
  });
}

/** @returns the Python of a venv in which the wheel is installed, and what it needs */
export async function pythonWithWheel(version: string): Promise<string> {
  const wheel = await fileOf(await builtPython(), '.whl');
  const folder = await keptFolder(`python-${version}`, [wheel], async (venv) => {
    await pip(await makeVenv(version, venv), wheel);
  });
  return pythonIn(folder);
}

/** The one file in a folder whose name ends so. */
export async function fileOf(folder: string, ending: string): Promise<string> {
  const [name, ...more] = (await readdir(folder)).filter((file) => file.endsWith(ending));
  if (name === undefined || more.length > 0) {
    throw new Error(`${folder} has ${more.length === 0 ? 'no' : 'several'} *${ending}`);
  }
  return join(folder, name);
}

async function makeVenv(version: string, folder: string): Promise<string> {
  await runTool(await findPython(version), ['-m', 'venv', folder]);
  return pythonIn(folder);
}

/** As `npm test` finds it before it runs a spec that needs it. */
async function findPython(version: string): Promise<string> {
  const module = JSON.stringify(join(PROJECT_FOLDER, 'scripts/test/find-python.mjs'));
  const script = `import(${module}).then((m) => process.stdout.write(m.findPython('${version}')))`;
  return runTool(process.execPath, ['-e', script]);
}

function pip(python: string, ...what: readonly string[]): Promise<string> {
  return runTool(python, ['-m', 'pip', 'install', '--quiet', '--no-input', ...what]);
}

function pythonIn(venv: string): string {
  return join(venv, 'bin/python');
}

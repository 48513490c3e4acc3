import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { runChild } from './child.mjs';
import { hasPackagedNode, isRuntimeNewEnough, PACKAGED_NODE } from './runtime.mjs';
import { PlainError, say, secondsSince } from './say.mjs';

/** npm keeps in node_modules a lock of what is really there; it is missing while an install has not ended. */
export function isInstalled() {
  const wanted = readPackages('package-lock.json');
  const present = readPackages('node_modules/.package-lock.json');
  if (!wanted || !present || !(isRuntimeNewEnough() || hasPackagedNode())) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (present[path] ? present[path].version === version : optional),
  );
}

export async function install() {
  say('Installing packages with npm: about a minute, only when the lock has changed.');
  const startMs = Date.now();
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  await mustSucceed(...npm(args), 'npm ci failed; see above.');
  if (!isRuntimeNewEnough() && !hasPackagedNode()) await fetchNode();
  say(`Installed in ${secondsSince(startMs)}.`);
}

/** With `ignore-scripts` in someone's npm settings the package has not fetched its binary yet. */
async function fetchNode() {
  say('Fetching Node 24 from npm.');
  await mustSucceed(
    process.execPath,
    ['installArchSpecificPackage.js'],
    { cwd: 'node_modules/node', env: environment() },
    `Node 24 could not be installed to ${PACKAGED_NODE}; use Node 24.9 or newer instead.`,
  );
}

async function mustSucceed(command, args, options, sentence) {
  const { code } = await runChild(command, args, options);
  if (code !== 0) throw new PlainError(sentence);
}

/** The npm that runs this, else the one on the path. Its stdout is set-up talk, so it goes to stderr. */
function npm(args) {
  const options = { stdio: ['ignore', 2, 2], env: environment() };
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  if (cli && node) return [node, [cli, ...args], options];
  return ['npm', args, { ...options, shell: process.platform === 'win32' }];
}

/** npm must not run on the Node inside node_modules, which it is about to delete. */
function environment() {
  const path = (process.env.PATH ?? '').split(delimiter);
  return {
    ...process.env,
    PATH: path.filter((folder) => !folder.endsWith('.bin')).join(delimiter),
  };
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

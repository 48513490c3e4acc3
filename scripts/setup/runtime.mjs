import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runChild } from './child.mjs';
import { say } from './say.mjs';

/** Below it Jest cannot load packages that are ES modules. */
const OLDEST_RUNTIME = [24, 9];
export const PACKAGED_NODE = resolve(
  import.meta.dirname,
  '../../node_modules/node/bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

export function isRuntimeNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > OLDEST_RUNTIME[0] || (major === OLDEST_RUNTIME[0] && minor >= OLDEST_RUNTIME[1]);
}

/** Runs the same command on the Node that comes from npm, and ends as it ends. */
export async function rerunOnPackagedNode(argv) {
  say(`Node here is ${process.versions.node}; running on Node ${packagedVersion()} from npm.`);
  const { code, signal } = await runChild(PACKAGED_NODE, argv, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code;
}

export const hasPackagedNode = () => existsSync(PACKAGED_NODE);

function packagedVersion() {
  const manifest = resolve(import.meta.dirname, '../../node_modules/node/package.json');
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

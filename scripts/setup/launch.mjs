import { existsSync } from 'node:fs';
import Module from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPorts } from './free-ports.mjs';
import { install, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';
import { isRuntimeNewEnough, rerunOnPackagedNode } from './runtime.mjs';
import { PlainError } from './say.mjs';
import { stopWithParent } from './stop-with-parent.mjs';
import { TARGETS } from './targets.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Brings the clone up to date and runs a target of `targets.mjs` in this process if it can. */
export async function launch(name, args) {
  const target = TARGETS[name];
  if (!target)
    throw new PlainError(`Usage: node scripts/run.mjs ${Object.keys(TARGETS).join('|')}`);
  process.chdir(ROOT);
  const { ports = {} } = target;
  if (!isInstalled()) {
    await checkPorts(ports, process.env);
    await withLock(() => isInstalled() || install());
  }
  stopWithParent();
  if (!isRuntimeNewEnough()) return rerunOnPackagedNode([process.argv[1], name, ...args]);
  if (target.build) await ensureBuilt(ports);
  keepCompiled();
  runInThisProcess(resolve(ROOT, target.file), args);
}

/** Loaded only now: it needs more than the oldest Node that may have come so far. */
async function ensureBuilt(ports) {
  const { build, isBuilt } = await import('./build.mjs');
  if (isBuilt()) return;
  await checkPorts(ports, process.env);
  await withLock(() => isBuilt() || build());
}

/** Compiling what it loads is a good part of what a short command costs; processes that it starts find it, too. */
function keepCompiled() {
  process.env.NODE_COMPILE_CACHE ??= resolve(ROOT, 'node_modules/.cache/compiled');
  Module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
}

function runInThisProcess(file, args) {
  if (!existsSync(file)) throw new PlainError(`${file} does not exist: there is nothing to run.`);
  process.argv = [process.argv[0], file, ...args];
  // As if `node <file>` had been called: `require.main` and `process.argv` are the target's own.
  Module.runMain(file);
}

/**
 * `npm run containers [-- start|stop]`: an engine with stand-ins for the public images that tests and the compose
 * file name, for a Debian machine that reaches no registry of images. All of it lies below CONTAINERS_DIR.
 */
import { capture } from './setup/capture.mjs';
import { PlainError, say } from './setup/say.mjs';
import { Engine } from './containers/engine.mjs';
import { buildStandIns, makeBaseImage } from './containers/images.mjs';
import { codename, installEngine } from './containers/machine.mjs';

const DEFAULT_FOLDER = '/var/lib/spend-ledger-engine';
const COMMANDS = { start, stop };

const engine = new Engine(process.env.CONTAINERS_DIR ?? DEFAULT_FOLDER);
const command = COMMANDS[process.argv[2] ?? 'start'];
try {
  if (!command)
    throw new PlainError(`Usage: npm run containers [-- ${Object.keys(COMMANDS).join('|')}]`);
  await command();
} catch (error) {
  console.error(error.plain ? error.message : error);
  process.exitCode = 1;
}

async function start() {
  codename();
  await installEngine();
  const jars = await fetchJars();
  await engine.start();
  await buildStandIns(engine, await makeBaseImage(engine), jars);
  say('The engine runs until `npm run containers -- stop`. The tests use it with');
  console.log(`DOCKER_HOST=${engine.address}`);
}

async function stop() {
  await engine.stop();
  say(`Stopped; its images stay in ${engine.folder} for the next start.`);
}

async function fetchJars() {
  const { code, text } = await capture(process.execPath, ['scripts/kafka-jars.mjs']);
  if (code !== 0) throw new PlainError(text);
  return JSON.parse(text.trim().split('\n').at(-1)).jars;
}

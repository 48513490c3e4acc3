import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '../setup/capture.mjs';
import { PlainError, say, secondsSince } from '../setup/say.mjs';
import { codename, copyAptSettings, debianMirror } from './machine.mjs';

const BASE_MS_MAX = 10 * 60_000;
const BUILD_MS_MAX = 10 * 60_000;
const POM = 'docker/kafka/pom.xml';

/** The public images of which an engine gets stand-ins, under their names. */
export const PUBLIC_IMAGES = {
  kafka: `apache/kafka:${/<kafka.version>(.+)<\/kafka.version>/.exec(readFileSync(POM, 'utf8'))[1]}`,
  postgres: 'postgres:17',
};

/** Debian as debootstrap makes it, under the public image's name. */
export async function makeBaseImage(engine) {
  const release = codename();
  const image = `debian:${release}-slim`;
  if (await engine.hasImage(image)) return image;
  say(`Making ${image} with debootstrap: about a minute.`);
  const root = join(engine.folder, 'build/debian');
  const archive = `${root}.tar`;
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  const bootstrap = ['--variant=minbase', '--include=ca-certificates', release, root];
  await run('debootstrap', [...bootstrap, await debianMirror(release)]);
  await run('tar', ['-C', root, '-c', '-f', archive, '.']);
  await engine.docker(['import', archive, image], { limitMs: BASE_MS_MAX });
  rmSync(root, { recursive: true, force: true });
  rmSync(archive);
  return image;
}

/** @param jars Kafka's, by `scripts/kafka-jars.mjs` */
export async function buildStandIns(engine, base, jars) {
  await build(engine, base, 'kafka', (context) =>
    cpSync(jars, join(context, 'jars'), { recursive: true }),
  );
  await build(engine, base, 'postgres', () => undefined);
}

async function build(engine, base, name, addTo) {
  const startMs = Date.now();
  const context = join(engine.folder, 'build', name);
  rmSync(context, { recursive: true, force: true });
  cpSync(join('docker/stand-ins', name), context, { recursive: true });
  await copyAptSettings(join(context, 'apt'));
  addTo(context);
  const tags = ['--tag', PUBLIC_IMAGES[name], '--tag', `spend-ledger/${name}-stand-in`];
  // The machine's package settings may name a server that only the machine itself reaches.
  const args = [
    'build',
    '--network',
    'host',
    '--build-arg',
    `BASE_IMAGE=${base}`,
    ...tags,
    context,
  ];
  await engine.docker(args, { limitMs: BUILD_MS_MAX, sentence: `The image ${name} was not built` });
  rmSync(context, { recursive: true, force: true });
  say(`Built ${PUBLIC_IMAGES[name]} as a stand-in (${secondsSince(startMs)}).`);
}

async function run(command, args) {
  const { code, text } = await capture(command, args, { limitMs: BASE_MS_MAX });
  if (code !== 0) throw new PlainError(`${text.slice(-2000)}\n${command} failed; see above.`);
}

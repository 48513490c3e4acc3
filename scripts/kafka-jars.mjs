/**
 * `node scripts/kafka-jars.mjs`: brings Apache Kafka's jars through Maven into `.kafka/`, once in a clone, and prints
 * `{ java, jars, formatted }`: what to run them with, their folder, and a data folder as Kafka formats it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { capture } from './setup/capture.mjs';
import { PlainError, say, secondsSince } from './setup/say.mjs';

const ROOT = resolve(import.meta.dirname, '..');
const POM = join(ROOT, 'docker/kafka/pom.xml');
const FOLDER = join(ROOT, '.kafka');
const OLDEST_JAVA = 17;
const FETCH_MS_MAX = 10 * 60_000;
const JAVA_MS_MAX = 60_000;
const INSTEAD = 'or set KAFKA_BROKERS=host:port to use a broker of your own';

try {
  console.log(JSON.stringify(await kafkaJars()));
} catch (error) {
  console.error(error.plain ? error.message : error);
  process.exitCode = 1;
}

async function kafkaJars() {
  const java = await findJava();
  const digest = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const folder = join(FOLDER, digest);
  if (!existsSync(folder)) await fetchInto(folder, java);
  return { java, jars: join(folder, 'jars'), formatted: join(folder, 'formatted') };
}

/** The first process gives its folder the name; what another one fetched meanwhile is as good. */
async function fetchInto(folder, java) {
  const startMs = Date.now();
  say('Fetching Apache Kafka for the tests with Maven: once in a clone.');
  mkdirSync(FOLDER, { recursive: true });
  const own = mkdtempSync(join(FOLDER, 'fetch-'));
  try {
    await fetchJars(join(own, 'jars'));
    await format(own, java);
    renameSync(own, folder);
    say(`Fetched in ${secondsSince(startMs)}.`);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

async function fetchJars(jars) {
  const args = ['-B', '-q', '-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
  const { code, text, missing } = await capture('mvn', [...args, `-DoutputDirectory=${jars}`], {
    limitMs: FETCH_MS_MAX,
  });
  if (missing)
    throw new PlainError(`The tests' Kafka comes through Maven: install it (mvn), ${INSTEAD}.`);
  if (code !== 0) {
    throw new PlainError(
      `${text}\nMaven could not fetch Kafka (see above): let it reach its repository, ${INSTEAD}.`,
    );
  }
}

/** Formatting takes a JVM seconds, and what it writes differs between nodes in two ids only. */
async function format(own, java) {
  const config = join(own, 'format.properties');
  const lines = [
    'process.roles=broker,controller',
    'node.id=1',
    'controller.quorum.voters=1@127.0.0.1:9093',
    'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
    'controller.listener.names=CONTROLLER',
    `log.dirs=${join(own, 'formatted')}`,
  ];
  await writeFile(config, lines.join('\n'));
  const tool = ['-cp', join(own, 'jars/*'), 'kafka.tools.StorageTool', 'format'];
  const id = Buffer.from('spend-ledger-001').toString('base64url');
  const { code, text } = await capture(java, [...tool, '-t', id, '-c', config], {
    limitMs: JAVA_MS_MAX,
  });
  if (code !== 0) throw new PlainError(`${text}\nKafka could not format a data folder; see above.`);
}

async function findJava() {
  const home = process.env.JAVA_HOME;
  const java = home ? join(home, 'bin/java') : 'java';
  const { code, text, missing } = await capture(java, ['-version'], { limitMs: JAVA_MS_MAX });
  const version = Number(/version "(\d+)/.exec(text)?.[1]);
  if (!missing && code === 0 && version >= OLDEST_JAVA) return java;
  const found = version > 0 ? `${java} is version ${version}` : `${java} cannot be run`;
  throw new PlainError(
    `The tests' Kafka needs Java ${OLDEST_JAVA} or newer, and ${found}: install one (openjdk-17-jre-headless), ${INSTEAD}.`,
  );
}

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '#libs/testing';
import { runTool } from './run-tool';

const VERSION = '7.25.0';
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const KEPT_IN = join(PROJECT_FOLDER, '.generators');
export const OPENAPI = join(PROJECT_FOLDER, 'libs/wire/openapi.json');

/** Makes a client of the OpenAPI document with openapi-generator, into a folder. */
export async function generateClient(
  language: string,
  folder: string,
  more: readonly string[] = [],
): Promise<void> {
  const jar = await generatorJar();
  const what = ['generate', '-g', language, '-i', OPENAPI, '-o', folder, ...more];
  await runTool('java', ['-jar', jar, ...what]);
}

/** Fetched through Maven, once in a clone. Of two that fetch it at the same time, either is as good. */
async function generatorJar(): Promise<string> {
  const name = `openapi-generator-cli-${VERSION}.jar`;
  const jar = join(KEPT_IN, name);
  if (existsSync(jar)) return jar;
  await mkdir(KEPT_IN, { recursive: true });
  const own = await mkdtemp(join(KEPT_IN, 'fetch-'));
  const artifact = `org.openapitools:openapi-generator-cli:${VERSION}`;
  const where = [`-Dartifact=${artifact}`, `-DoutputDirectory=${own}`];
  await runTool('mvn', ['-B', '-q', `${DEPENDENCY_PLUGIN}:copy`, ...where]);
  await rename(join(own, name), jar);
  await rm(own, { recursive: true, force: true });
  return jar;
}

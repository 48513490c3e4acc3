import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PROJECT_FOLDER, withFileLock } from '#libs/testing';
import { runTool } from '../../generated-clients/support/run-tool';

/** What LiteLLM runs on, each part at its version: another one is another LiteLLM. */
const PIP = ['litellm[proxy]==1.108.7', 'litellm-proxy-extras==0.4.110', 'prisma==0.15.0'];
const NPM = {
  prisma: '5.17.0',
  '@prisma/client': '5.17.0',
  '@prisma/adapter-pg': '5.17.0',
  '@prisma/driver-adapter-utils': '5.17.0',
  graphql: '16.9.0',
  pg: '8.12.0',
};
const FOLDER = join(PROJECT_FOLDER, '.litellm');
const VENV = join(FOLDER, 'venv');
const BIN = join(VENV, 'bin');
const ENGINE_FOLDER = join(FOLDER, 'engine');
const STAMP = join(FOLDER, 'installed');
const LOCK = join(FOLDER, 'lock');
const INSTALL_MS_MAX = 15 * 60_000;

/** A LiteLLM proxy as its package index has it, installed once in a clone. */
export interface LitellmKit {
  readonly python: string;
  readonly litellm: string;
  /** The stand-in for Prisma's downloaded engine. */
  readonly queryEngine: string;
  /** The SQL that makes LiteLLM's tables, in order. */
  readonly migrations: readonly string[];
  /** What its processes need of the environment. */
  readonly env: Readonly<Record<string, string>>;
}

export async function installLitellm(): Promise<LitellmKit> {
  await mkdir(FOLDER, { recursive: true });
  // Two runs in one clone install one after the other.
  await withFileLock(LOCK, INSTALL_MS_MAX, async () => {
    const wanted = wantedStamp();
    if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
    await rm(STAMP, { force: true });
    await installPython();
    await installEngine();
    await generateClient();
    await writeFile(STAMP, wanted);
  });
  const script =
    "import glob, litellm_proxy_extras as it; print('\\n'.join(sorted(glob.glob(it.__path__[0] + '/migrations/*/migration.sql'))))";
  const migrations = await runTool(join(BIN, 'python'), ['-c', script]);
  return {
    python: join(BIN, 'python'),
    litellm: join(BIN, 'litellm'),
    queryEngine: join(ENGINE_FOLDER, 'query-engine.cjs'),
    migrations: migrations.trim().split('\n'),
    env: {
      PATH: [BIN, process.env['PATH']].join(delimiter),
      PRISMA_QUERY_ENGINE_BINARY: join(ENGINE_FOLDER, 'query-engine.cjs'),
    },
  };
}

/** Another kit, or another stand-in, is installed anew. */
function wantedStamp(): string {
  const standIn = createHash('sha256').update(readFileSync(STAND_IN)).digest('hex');
  return JSON.stringify({ PIP, NPM, standIn });
}

/** As text: it runs elsewhere, on packages that this repository does not have. */
const STAND_IN = join(__dirname, 'query-engine.cjs.txt');

async function installPython(): Promise<void> {
  if (!existsSync(join(BIN, 'pip'))) await runTool('python3', ['-m', 'venv', VENV]);
  await runTool(join(BIN, 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...PIP]);
}

async function installEngine(): Promise<void> {
  await mkdir(ENGINE_FOLDER, { recursive: true });
  const described = { private: true, dependencies: NPM };
  await writeFile(join(ENGINE_FOLDER, 'package.json'), JSON.stringify(described));
  const npm = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  await runTool('npm', npm, { cwd: ENGINE_FOLDER });
  await cp(STAND_IN, join(ENGINE_FOLDER, 'query-engine.cjs'));
  await chmod(join(ENGINE_FOLDER, 'query-engine.cjs'), 0o755);
}

/** prisma-client-py is code that is generated out of LiteLLM's schema. */
async function generateClient(): Promise<void> {
  const where = 'import litellm.proxy as it; print(it.__path__[0])';
  const proxy = (await runTool(join(BIN, 'python'), ['-c', where])).trim();
  const schema = await readFile(join(proxy, 'schema.prisma'), 'utf8');
  const own = join(ENGINE_FOLDER, 'schema.prisma');
  await writeFile(own, schema.replace(/^\s*binaryTargets.*$/m, ''));
  const engine = join(ENGINE_FOLDER, 'query-engine.cjs');
  await runTool(join(ENGINE_FOLDER, 'node_modules/.bin/prisma'), ['generate', '--schema', own], {
    env: {
      PATH: [BIN, process.env['PATH']].join(delimiter),
      PRISMA_SCHEMA_ENGINE_BINARY: engine,
      PRISMA_QUERY_ENGINE_LIBRARY: engine,
      PRISMA_QUERY_ENGINE_BINARY: engine,
      CHECKPOINT_DISABLE: '1',
    },
  });
}

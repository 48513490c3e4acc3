import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgresOptions } from '#libs/postgres';
import { findEngine } from './containers/find-engine';
import { namedPostgres } from './named-postgres';
import type { Part } from './part';
import { postgresImage, startPostgresContainer } from './postgres-container';

export interface PostgresOfTheTests extends Part {
  readonly url: string;
}

/**
 * One real Postgres for all specs: the one that SPEND_LEDGER_TEST_SERVER names, the one in DATABASE_URL, one in a
 * container, or the one from npm.
 */
export async function startPostgresOfTheTests(): Promise<PostgresOfTheTests> {
  const named = process.env['SPEND_LEDGER_TEST_SERVER'];
  if (named) return startNamed(named);
  const given = process.env['DATABASE_URL'];
  if (given) {
    return { url: given, description: 'the one in DATABASE_URL', stop: () => Promise.resolve() };
  }
  const engine = await findEngine();
  const image = postgresImage();
  const container = engine && (await startPostgresContainer(engine, image));
  if (container) return { ...container, description: `${image} in a container` };
  const why = engine ? ` (${image} is neither on the engine nor can it be pulled)` : '';
  return { ...(await startFromNpm()), description: `the one from npm${why}` };
}

/**
 * Nothing in it outlives the run, and nothing kills it: specs of what a crash leaves have an `OwnPostgres`.
 * A suite of several processes has up to a hundred connections, and several suites run at once.
 */
const SHARED_BY_SUITES = { fsync: 'off', full_page_writes: 'off', max_connections: '500' };

function startFromNpm(): Promise<{ url: string; stop(): Promise<void> }> {
  return startInFolder({ settings: SHARED_BY_SUITES });
}

/** As it was installed: what is tuned for the ledger's own server alone is found there. */
async function startNamed(name: string): Promise<PostgresOfTheTests> {
  const { from, hasJit } = namedPostgres(name);
  const server = await startInFolder({ from });
  const { version, jit } = await describeServer(server.url);
  if (hasJit && jit !== 'on') {
    await server.stop();
    throw new Error(`${name} is not as it was installed: JIT is ${jit}`);
  }
  return { ...server, description: `${name} (${version}, JIT ${jit})` };
}

async function startInFolder(
  options: Pick<EmbeddedPostgresOptions, 'settings' | 'from'>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-test-'));
  const log = () => undefined;
  const started = await startEmbeddedPostgres({ dataDir: folder, log, ...options });
  if (started.outcome !== 'started') throw new Error(started.sentence);
  const { postgres } = started;
  const stop = async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: postgres.connectionString, stop };
}

async function describeServer(
  connectionString: string,
): Promise<{ readonly version: string; readonly jit: string }> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string; jit: string }>(`
      select current_setting('server_version') as version,
             case when pg_jit_available() then current_setting('jit') else 'not available' end as jit`);
    return rows[0]!;
  } finally {
    await client.end();
  }
}

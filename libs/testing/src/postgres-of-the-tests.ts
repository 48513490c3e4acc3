import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#libs/postgres';
import { findEngine } from './containers/find-engine';
import type { Part } from './part';
import { postgresImage, startPostgresContainer } from './postgres-container';

export interface PostgresOfTheTests extends Part {
  readonly url: string;
}

/** One real Postgres for all specs: the one in DATABASE_URL, one in a container, or the one from npm. */
export async function startPostgresOfTheTests(): Promise<PostgresOfTheTests> {
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

/** Nothing in it outlives the run, and nobody kills it: specs of what a crash leaves have an `OwnPostgres`. */
const NOT_TO_LAST = { fsync: 'off', full_page_writes: 'off' };

async function startFromNpm(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-test-'));
  const started = await startEmbeddedPostgres({
    dataDir: folder,
    log: () => undefined,
    settings: NOT_TO_LAST,
  });
  if (started.outcome !== 'started') throw new Error(started.sentence);
  const { postgres } = started;
  const stop = async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: postgres.connectionString, stop };
}

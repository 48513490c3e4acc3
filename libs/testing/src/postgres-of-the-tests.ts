import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '#libs/postgres';

export interface PostgresOfTheTests {
  readonly url: string;
  stop(): Promise<void>;
}

/** One real Postgres for all specs: the one in DATABASE_URL, else the one from npm in a folder of its own. */
export async function startPostgresOfTheTests(): Promise<PostgresOfTheTests> {
  const given = process.env['DATABASE_URL'];
  if (given) return { url: given, stop: () => Promise.resolve() };
  const folder = await mkdtemp(join(tmpdir(), 'spend-ledger-test-'));
  const started = await startEmbeddedPostgres({ dataDir: folder, log: () => undefined });
  if (started.outcome !== 'started') throw new Error(started.sentence);
  const { postgres } = started;
  const stop = async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: postgres.connectionString, stop };
}

import { chmod, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start-embedded-postgres';

describe('a Postgres that is kept', () => {
  let dataDir: string;
  let postgres: EmbeddedPostgres;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'kept-spec-'));
    await chmod(dataDir, 0o755);
  });
  afterEach(async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const inCluster = (name: string) => join(dataDir, 'postgres', name);

  it('is given up after so many tries, however long they take and however long it ran before', async () => {
    const lines: string[] = [];
    const gone = Promise.withResolvers<string>();
    const started = await startEmbeddedPostgres({
      dataDir,
      log: (line) => lines.push(line),
      onGone: gone.resolve,
      limits: { restarts: 2, restartMs: 1, steadyMs: 0 },
    });
    if (started.outcome !== 'started') throw new Error(started.sentence);
    postgres = started.postgres;
    await rename(inCluster('global/pg_control'), inCluster('global/aside'));
    const [pid] = (await readFile(inCluster('postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    expect(await gone.promise).toMatch(/ended, and after 2 tries does not run again: /);
    expect(lines.filter((line) => line.includes('starting it again'))).toHaveLength(2);
  });
});

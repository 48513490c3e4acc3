import { chmod, mkdir, mkdtemp, readFile, readdir, readlink, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { findEmbeddedPostgres } from './find-embedded-postgres';
import {
  type EmbeddedPostgres,
  type StartOutcome,
  startEmbeddedPostgres,
} from './start-embedded-postgres';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('not root: the cases of a root start are skipped\n');
const itAsRoot = isRoot ? it : it.skip;

const running: EmbeddedPostgres[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const postgres of running.splice(0)) await postgres.stop();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'embedded-spec-'));
  folders.push(folder);
  // Else a root start would put what lies deeper elsewhere.
  await chmod(folder, 0o755);
  return folder;
}

async function start(dataDir: string, lines: string[] = []): Promise<StartOutcome> {
  const log = (line: string): void => void lines.push(line);
  const outcome = await startEmbeddedPostgres({ dataDir, log, limits: { lockMs: 500 } });
  if (outcome.outcome === 'started') running.push(outcome.postgres);
  return outcome;
}

async function started(dataDir: string, lines: string[] = []): Promise<EmbeddedPostgres> {
  const outcome = await start(dataDir, lines);
  if (outcome.outcome !== 'started') throw new Error(outcome.sentence);
  return outcome.postgres;
}

async function ask(connectionString: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

describe('a fresh folder', () => {
  it('becomes a ledger-grade Postgres without a TCP port, which others cannot enter', async () => {
    const dataDir = path.join(await newFolder(), 'with space, comma & "quote" é');
    const postgres = await started(dataDir);
    const setting = (name: string): Promise<unknown> =>
      ask(postgres.connectionString, `select current_setting('${name}')`);

    expect(await ask(postgres.connectionString, 'select current_database()')).toBe('spend_ledger');
    expect(await setting('fsync')).toBe('on');
    expect(await setting('synchronous_commit')).toBe('on');
    expect(await setting('data_checksums')).toBe('on');
    expect(await setting('server_encoding')).toBe('UTF8');
    expect(await setting('TimeZone')).toBe('UTC');
    expect(await setting('listen_addresses')).toBe('');
    const socketDir = String(await setting('unix_socket_directories')).slice(1, -1);
    expect((await stat(socketDir.replaceAll('""', '"'))).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
  });

  it('works however long its path is', async () => {
    const dataDir = path.join(await newFolder(), 'd'.repeat(120), 'e'.repeat(60));
    const postgres = await started(dataDir);
    expect(await ask(postgres.connectionString, 'select 1')).toBe(1);
    const socketDir =
      new URLSearchParams(postgres.connectionString.split('?')[1]).get('host') ?? '';
    await postgres.stop();
    await expect(stat(socketDir)).rejects.toThrow('ENOENT');
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres.log']);
  });

  it('goes to exactly one of several starts at one instant', async () => {
    const dataDir = await newFolder();
    const outcomes = await Promise.all([start(dataDir), start(dataDir), start(dataDir)]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      'folder_in_use',
      'folder_in_use',
      'started',
    ]);
    expect(await ask(running[0]?.connectionString ?? '', 'select 1')).toBe(1);
  });
});

describe('a folder that has been used', () => {
  it('stays its owner’s, also where sessions that say nothing are ended', async () => {
    const dataDir = await newFolder();
    const first = await started(dataDir);
    await ask(
      first.connectionString,
      'alter database spend_ledger set idle_session_timeout = 1000',
    );
    await first.stop();
    const lines: string[] = [];
    const { connectionString } = await started(dataDir, lines);
    await ask(connectionString, 'select pg_sleep(2.5)');
    expect(lines).toEqual([]);
  });

  it('keeps its data over a stop and a start, in C order', async () => {
    const dataDir = await newFolder();
    const first = await started(dataDir);
    await ask(first.connectionString, `create table t as select unnest(array['a', 'B', 'ä']) as x`);
    await first.stop();
    expect(await findEmbeddedPostgres(dataDir)).toBeUndefined();
    const second = await started(dataDir);
    const all = `select string_agg(x, '' order by x) from t`;
    expect(await ask(second.connectionString, all)).toBe('Baä');
  });

  it('is refused to a second start in one sentence, and the first does not notice', async () => {
    const dataDir = await newFolder();
    const first = await started(dataDir);
    const since = await ask(first.connectionString, 'select pg_postmaster_start_time()::text');
    const second = await start(dataDir);
    expect(second.outcome === 'folder_in_use' && second.sentence).toBe(
      `The data folder ${dataDir} is in use by another spend ledger (process ${process.pid}): ` +
        'stop that one, or choose another folder with DATA_DIR.',
    );
    expect(await ask(first.connectionString, 'select pg_postmaster_start_time()::text')).toBe(
      since,
    );
    expect(await findEmbeddedPostgres(dataDir)).toBe(first.connectionString);
    expect((await readdir(dataDir)).filter((name) => name.startsWith('socket-'))).toHaveLength(1);
  });

  it('stays owned when the connection that holds it breaks', async () => {
    const dataDir = await newFolder();
    const lines: string[] = [];
    const first = await started(dataDir, lines);
    const cut = `select count(pg_terminate_backend(pid)) from pg_locks where locktype = 'advisory'`;
    expect(await ask(first.connectionString, cut)).toBe('1');
    const regained = `select count(*) from pg_locks where locktype = 'advisory'`;
    while ((await ask(first.connectionString, regained)) !== '1') await Promise.resolve();
    expect((await start(dataDir)).outcome).toBe('folder_in_use');
    expect(lines).toContain(
      'the connection that holds the data folder broke: taking the folder anew',
    );
  });

  it('is started by the next owner when the first is just stopping', async () => {
    const dataDir = await newFolder();
    const first = await started(dataDir);
    await ask(first.connectionString, 'create table t as select 7 as x');
    const [, second] = await Promise.all([first.stop(), start(dataDir)]);
    if (second.outcome !== 'started') throw new Error(second.sentence);
    expect(await ask(second.postgres.connectionString, 'select x from t')).toBe(7);
  });

  it('puts a long log aside', async () => {
    const dataDir = await newFolder();
    await (await started(dataDir)).stop();
    const old = await readFile(path.join(dataDir, 'postgres.log'), 'utf8');
    const outcome = await startEmbeddedPostgres({
      dataDir,
      log: () => undefined,
      limits: { logBytes: 10 },
    });
    if (outcome.outcome === 'started') running.push(outcome.postgres);
    expect(await readFile(path.join(dataDir, 'postgres.log.1'), 'utf8')).toBe(old);
  });
});

it('says with the last lines of the log why Postgres does not start', async () => {
  const dataDir = await newFolder();
  await (await started(dataDir)).stop();
  await rm(path.join(dataDir, 'postgres/global/pg_control'));
  await expect(start(dataDir)).rejects.toThrow(/Postgres did not start[^]*pg_control/);
});

describe('as root', () => {
  itAsRoot('opens a data folder that only root can enter, but not what lies in it', async () => {
    const dataDir = await newFolder();
    await chmod(dataDir, 0o700);
    const postgres = await started(dataDir);
    expect(await ask(postgres.connectionString, 'select 1')).toBe(1);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o711);
    expect((await stat(path.join(dataDir, 'postgres.log'))).mode & 0o777).toBe(0o600);
  });

  itAsRoot('puts the data elsewhere when the folders above are closed, and says so', async () => {
    const parent = await newFolder();
    await chmod(parent, 0o700);
    const dataDir = path.join(parent, 'ledger');
    await mkdir(dataDir);
    const lines: string[] = [];
    const postgres = await started(dataDir, lines);
    const data = await readlink(path.join(dataDir, 'postgres'));
    folders.push(data);
    expect(lines).toContain(`the data of Postgres lies in ${data}`);
    expect((await stat(parent)).mode & 0o777).toBe(0o700);
    await ask(postgres.connectionString, 'create table t as select 7 as x');
    await postgres.stop();
    const again = await started(dataDir);
    expect(await ask(again.connectionString, 'select x from t')).toBe(7);
  });
});

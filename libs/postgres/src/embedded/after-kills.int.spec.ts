import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { findEmbeddedPostgres } from './find-embedded-postgres';
import { isPostgresOf } from './process-state';
import {
  type EmbeddedPostgres,
  type StartOutcome,
  startEmbeddedPostgres,
} from './start-embedded-postgres';

/** Owns the folder in a process of its own, which can be killed, until its input ends. */
const OWNER = `
  const swc = require('@swc/core');
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2023' };
  require.extensions['.ts'] = (module, file) =>
    module._compile(swc.transformFileSync(file, { jsc, module: { type: 'commonjs' } }).code, file);
  const [file, dataDir] = process.argv.slice(1);
  require(file).startEmbeddedPostgres({ dataDir, log: () => undefined, limits: { lockMs: 500 } })
    .then((outcome) => console.log(outcome.outcome));
`;

let dataDir: string;
let children: ChildProcess[] = [];
let running: EmbeddedPostgres[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'embedded-spec-'));
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const postgres of running) await postgres.stop();
  children = [];
  running = [];
  await rm(dataDir, { recursive: true, force: true });
});

function child(command: string, args: string[], options: { uid?: number } = {}): ChildProcess {
  const created = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  children.push(created);
  return created;
}

async function firstLine(from: ChildProcess): Promise<string> {
  const [data] = (await once(from.stdout!, 'data')) as [Buffer];
  return data.toString().trim();
}

async function ownerProcess(): Promise<ChildProcess> {
  const owner = child(process.execPath, [
    '-e',
    OWNER,
    path.join(__dirname, 'start-embedded-postgres.ts'),
    dataDir,
  ]);
  expect(await firstLine(owner)).toBe('started');
  return owner;
}

async function tryToStart(lines: string[] = []): Promise<StartOutcome> {
  const log = (line: string): void => void lines.push(line);
  const outcome = await startEmbeddedPostgres({ dataDir, log });
  if (outcome.outcome === 'started') running.push(outcome.postgres);
  return outcome;
}

async function start(lines: string[] = []): Promise<EmbeddedPostgres> {
  const outcome = await tryToStart(lines);
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

const cluster = (): string => path.join(dataDir, 'postgres');
const pidFile = (): string => path.join(cluster(), 'postmaster.pid');

async function postmasterPid(): Promise<number> {
  return Number((await readFile(pidFile(), 'utf8')).split('\n')[0]);
}

async function writeSeven(): Promise<void> {
  const connectionString = (await findEmbeddedPostgres(dataDir)) ?? '';
  await ask(connectionString, 'create table t as select 7 as x');
}

/** A clean folder whose lock file names the process, as if that had been its postmaster. */
async function leavePidFileOf(pid: number): Promise<void> {
  const postgres = await start();
  await writeSeven();
  const text = await readFile(pidFile(), 'utf8');
  const { uid, gid } = await stat(cluster());
  await postgres.stop();
  await writeFile(pidFile(), text.replace(/^\d+/, String(pid)));
  await chown(pidFile(), uid, gid);
}

async function expectSevenAfterStart(): Promise<void> {
  const postgres = await start();
  expect(await ask(postgres.connectionString, 'select x from t')).toBe(7);
}

it('takes over the Postgres of an owner who was killed alone, and can stop it', async () => {
  const owner = await ownerProcess();
  await writeSeven();
  const pid = await postmasterPid();
  owner.kill('SIGKILL');
  const lines: string[] = [];
  const postgres = await start(lines);
  expect(lines).toContain(`took over the running Postgres (process ${pid})`);
  expect(await ask(postgres.connectionString, 'select x from t')).toBe(7);
  await postgres.stop();
  expect(await isPostgresOf(cluster(), pid)).toBe(false);
});

it('starts again, with the data, after owner and Postgres were killed', async () => {
  const owner = await ownerProcess();
  await writeSeven();
  process.kill(await postmasterPid(), 'SIGKILL');
  owner.kill('SIGKILL');
  await expectSevenAfterStart();
  expect((await readdir(dataDir)).filter((name) => name.startsWith('socket-'))).toHaveLength(1);
});

it('gives a folder with a dead Postgres to exactly one of several starts', async () => {
  const owner = await ownerProcess();
  await writeSeven();
  const pid = await postmasterPid();
  owner.kill('SIGSTOP');
  process.kill(pid, 'SIGKILL');
  const outcomes = await Promise.all([tryToStart(), tryToStart(), tryToStart()]);
  expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
    'folder_in_use',
    'folder_in_use',
    'started',
  ]);
  expect(await ask(running[0]?.connectionString ?? '', 'select x from t')).toBe(7);
});

it('starts although the dead postmaster is a zombie, which nobody reaps', async () => {
  const owner = await ownerProcess();
  await writeSeven();
  const pid = await postmasterPid();
  owner.kill('SIGSTOP');
  process.kill(pid, 'SIGKILL');
  await expectSevenAfterStart();
  expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
});

it('starts although the dead postmaster has its pid from a zombie of before', async () => {
  const parent = child('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600']);
  await leavePidFileOf(Number(await firstLine(parent)));
  await expectSevenAfterStart();
});

it('starts although the pid of the dead postmaster is another program’s by now', async () => {
  await (await start()).stop();
  const { uid } = await stat(cluster());
  const other = child('sleep', ['600'], process.getuid?.() === 0 ? { uid } : {});
  await leavePidFileOf(other.pid!);
  await expectSevenAfterStart();
  expect(other.exitCode).toBeNull();
});

it('starts although the lock file was never written to the end', async () => {
  await leavePidFileOf(1);
  await writeFile(pidFile(), '');
  await expectSevenAfterStart();
});

it('waits for a backend that outlives its postmaster', async () => {
  const owner = await ownerProcess();
  await writeSeven();
  const client = new Client({ connectionString: (await findEmbeddedPostgres(dataDir))! });
  client.on('error', () => undefined);
  await client.connect();
  const busy = client.query(
    `do $$ begin while clock_timestamp() < now() + interval '4 seconds' loop end loop; end $$`,
  );
  busy.catch(() => undefined);
  const active = `select count(*) from pg_stat_activity where query like 'do $$%'`;
  while ((await ask((await findEmbeddedPostgres(dataDir))!, active)) !== '1')
    await Promise.resolve();
  process.kill(await postmasterPid(), 'SIGKILL');
  owner.kill('SIGKILL');
  await expectSevenAfterStart();
  const log = await readFile(path.join(dataDir, 'postgres.log'), 'utf8');
  expect(log).toContain('pre-existing shared memory block');
  await client.end().catch(() => undefined);
});

it('removes what a start that was killed while creating the cluster left', async () => {
  const begun = child(process.execPath, [
    '-e',
    OWNER,
    path.join(__dirname, 'start-embedded-postgres.ts'),
    dataDir,
  ]);
  let left: string | undefined;
  while (left === undefined) {
    left = (await readdir(dataDir)).find((name) => name.startsWith('initdb-'));
    if (left !== undefined && (await readdir(path.join(dataDir, left))).length < 3)
      left = undefined;
  }
  begun.kill('SIGKILL');
  await expect(lstat(cluster())).rejects.toThrow('ENOENT');
  await mkdir(path.join(dataDir, 'initdb-abcDEF'));
  const postgres = await start();
  expect(await ask(postgres.connectionString, 'select 1')).toBe(1);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('initdb-'))).toEqual([]);
});

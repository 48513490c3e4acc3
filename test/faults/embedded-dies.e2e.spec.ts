import { readFile, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerFolder, LedgerProcess, waitUntil } from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };
/** Nothing can be written to it: the kernel says that there is no space left. */
const FULL_DISK = '/dev/full';

describe('npm start, when its own Postgres dies', () => {
  let folder: LedgerFolder;
  let ledger: LedgerProcess;

  const start = () => LedgerProcess.start({ env: { DATA_DIR: folder.dataDir } });
  const inCluster = (name: string) => join(folder.dataDir, 'postgres', name);
  const record = (id: string) => ledger.http.record(ALICE, '1.00', { id });

  beforeEach(async () => {
    folder = await LedgerFolder.create();
    ledger = await start();
  });

  afterEach(async () => {
    await ledger?.stop('SIGKILL');
    await folder.remove();
  });

  /** kill -9 of the postmaster alone; its backends notice. */
  async function kill(): Promise<void> {
    const pid = Number((await readFile(inCluster('postmaster.pid'), 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
  }

  it('starts it again where it was, several times in a row, and has lost nothing', async () => {
    expect((await record('before')).status).toBe(201);
    for (let time = 1; time <= 3; time++) {
      await kill();
      await waitUntil('it runs again', () => ledger.output.split('runs again').length > time);
      await ledger.ready();
    }
    expect((await ledger.http.get('/livez')).status).toBe(200);
    expect(await record('before')).toMatchObject({ status: 200, body: { duplicate: true } });
    const after = await record('after');
    expect(after.status).toBe(201);
    const balance = await ledger.http.balance('user:alice', after.body.position);
    expect(balance.body.spentAllTime).toBe('2.00');
    expect(await ledger.stop()).toBe(0);
    expect(await folder.hasPostgres()).toBe(false);
  });

  it('ends with a sentence and a code of its own when it cannot be started again', async () => {
    await rename(inCluster('global/pg_control'), inCluster('global/aside'));
    await kill();
    expect(await ledger.end()).toBe(69);
    const fatal = ledger.errors.split('\n').filter((line) => line.includes('"fatal"'));
    expect(fatal.map((line) => JSON.parse(line).message)).toEqual([
      expect.stringMatching(
        /^The embedded Postgres of .* ended, and after 5 tries does not run again: /,
      ),
    ]);
  });

  it('says in one sentence that the disk is full, at the start and later', async () => {
    const opts = inCluster('postmaster.opts');
    await rm(opts);
    await symlink(FULL_DISK, opts);
    await kill();
    expect(await ledger.end()).toBe(69);
    const full = `The disk of ${folder.dataDir} is full, and Postgres cannot start there: free some of it, and start again`;
    expect(ledger.errors).toContain(`does not run again: ${full}.`);
    const refused = await LedgerProcess.refusal({ env: { DATA_DIR: folder.dataDir } });
    expect(refused.code).toBe(1);
    expect(refused.text.trim().split('\n')).toEqual([expect.stringContaining(full)]);
    await rm(opts);
    ledger = await start();
  });
});

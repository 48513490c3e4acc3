import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { LedgerFolder, LedgerProcess, waitUntil } from '#libs/testing';

const run = promisify(execFile);
const ALICE = { type: 'user', userId: 'alice' };
const BOB = { type: 'user', userId: 'bob' };

describe('npm start, on the embedded default', () => {
  let folder: LedgerFolder;
  let ledger: LedgerProcess;
  /** What has been recorded for bob so far. */
  let recorded = 0;

  // So much time to drain that a stop which waits for it, and not for what is under way, would not pass.
  const limits = { DRAIN_TIMEOUT: 'PT60S', DATABASE_TIMEOUT: 'PT30S' };
  const start = () => LedgerProcess.start({ env: { DATA_DIR: folder.dataDir, ...limits } });

  beforeAll(async () => {
    folder = await LedgerFolder.create();
    ledger = await start();
  });

  afterAll(async () => {
    await ledger.stop('SIGKILL');
    await folder.remove();
  });

  it('prints three lines to paste that end in a refusal', async () => {
    const lines = ledger.output.split('\n').filter((line) => line.startsWith('curl '));
    const answers: string[] = [];
    for (const line of lines) answers.push((await run('sh', ['-c', line])).stdout);
    expect(answers).toHaveLength(3);
    expect(JSON.parse(answers[2]!)).toMatchObject({
      allowed: false,
      blockedBy: 'alice-total',
      message: 'Budget has been exceeded! User=alice Current cost: 0.02, Max budget: 0.01',
    });
  });

  it('answers what is under way on SIGTERM, refuses what is new, and ends with its Postgres', async () => {
    await record();
    const underWay: Promise<void>[] = [];
    await folder.withDatabase((database) =>
      database.kysely.transaction().execute(async (trx) => {
        await sql`lock table log_partition in exclusive mode`.execute(trx);
        underWay.push(record());
        await waitUntil('the append waits for the lock', async () => {
          const { rows } = await sql`
            select from pg_locks where not granted and relation = 'log_partition'::regclass`.execute(
            database.kysely,
          );
          return rows.length > 0;
        });
        ledger.child.kill('SIGTERM');
        await waitUntil('it says that it stops', () => ledger.output.includes('on SIGTERM'));
        const refused = await ledger.http.check(ALICE).then(
          ({ status }) => status,
          () => 'no connection',
        );
        expect([503, 'no connection']).toContain(refused);
      }),
    );
    await Promise.all(underWay);
    expect(await ledger.end()).toBe(0);
    expect(await folder.hasPostgres()).toBe(false);
  });

  it('keeps everything over a restart', async () => {
    ledger = await start();
    await expectAll();
    await record();
  });

  it('goes on after kill -9 of the process alone, over the Postgres that runs on', async () => {
    await ledger.stop('SIGKILL');
    expect(await folder.hasPostgres()).toBe(true);
    ledger = await start();
    await expectAll();
    await record();
  });

  it('goes on after kill -9 of the process and of Postgres', async () => {
    await ledger.stop('SIGKILL');
    await folder.killPostgres();
    ledger = await start();
    await expectAll();
    await record();
  });

  it('takes Ctrl-C twice for once', async () => {
    ledger.child.kill('SIGINT');
    await waitUntil('it says that it stops', () => ledger.output.includes('on SIGINT'));
    ledger.child.kill('SIGINT');
    expect(await ledger.end()).toBe(0);
    expect(ledger.errors).toBe('');
    expect(await folder.hasPostgres()).toBe(false);
  });

  it('leaves no Postgres behind when it is stopped while it starts', async () => {
    ledger = LedgerProcess.spawn({ env: { DATA_DIR: folder.dataDir } });
    await waitUntil('its Postgres runs', () => folder.hasPostgres());
    ledger.child.kill('SIGTERM');
    expect(await ledger.end()).toBe(0);
    expect(await folder.hasPostgres()).toBe(false);
  });

  async function record(): Promise<void> {
    recorded++;
    const answer = await ledger.http.record(BOB, '0.01', { id: `call-${recorded}` });
    expect(answer.status).toBe(201);
  }

  async function expectAll(): Promise<void> {
    const spent = (recorded / 100).toFixed(2);
    expect((await ledger.http.balance('user:bob')).body).toMatchObject({ spentAllTime: spent });
    for (let n = 1; n <= recorded; n++) {
      const again = await ledger.http.record(BOB, '0.01', { id: `call-${n}` });
      expect(again).toMatchObject({ status: 200, body: { duplicate: true } });
    }
    expect((await ledger.http.check(ALICE)).body).toMatchObject({
      allowed: false,
      budgets: [{ spent: '0.02' }],
    });
  }
});

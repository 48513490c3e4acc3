import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Database } from '#libs/postgres';
import {
  createTestDatabase,
  fillVaried,
  LedgerCommand,
  LedgerProcess,
  logEnvironment,
  projectionDifferences,
  ledgerCommand,
  waitUntil,
  workloadSeed,
  spoilRecord,
  type TestDatabase,
} from '#libs/testing';

const SEED = workloadSeed();

describe.each(['Postgres', 'Kafka'] as const)(
  `a rebuild from a log in %s (FC_SEED=${SEED})`,
  (kind) => {
    const log = logEnvironment(kind);
    const folder = mkdtempSync(join(tmpdir(), 'rebuild-'));
    let db: TestDatabase;
    let ledger: LedgerProcess;
    let env: Record<string, string>;

    beforeAll(async () => {
      db = await createTestDatabase({ ledger: kind === 'Postgres' });
      env = { ...log.env, DATABASE_URL: db.url };
      ledger = await LedgerProcess.start({ env });
      await fillVaried(ledger.http, SEED);
    });

    afterAll(async () => {
      await ledger.stop('SIGKILL');
      await log.remove();
      await db.drop();
      rmSync(folder, { recursive: true });
    });

    it('comes to the live tables while events keep arriving, and leaves nothing behind', async () => {
      const traffic = keepRecording(ledger);
      const {
        status: code,
        stdout: out,
        stderr: err,
      } = await ledgerCommand(env, 'rebuild', '--json');
      const recorded = await traffic.stop();
      expect({ code, err: withoutProgress(err) }).toEqual({ code: 0, err: '' });
      expect(JSON.parse(out)).toMatchObject({ found: 0, differences: [], swapped: false });
      expect(recorded.failed).toEqual([]);
      expect(await schemas(db)).toEqual(['public']);
    });

    it('comes to the live tables from an export, too, and from what the log has after that', async () => {
      const file = join(folder, 'export.ndjson');
      expect((await ledgerCommand(env, 'export', '--out', file)).status).toBe(0);
      for (const more of [false, true]) {
        if (more) await recordMore(ledger);
        const rebuilt = await ledgerCommand(env, 'rebuild', '--from', file, '--json');
        expect(rebuilt.status).toBe(0);
        expect(JSON.parse(rebuilt.stdout)).toMatchObject({ found: 0, differences: [] });
      }
      const cut = join(folder, 'cut.ndjson');
      writeFileSync(cut, readFileSync(file).subarray(0, -200));
      const refused = await ledgerCommand(env, 'rebuild', '--from', cut);
      expect([refused.status, refused.stdout]).toEqual([2, '']);
      expect(refused.stderr).toMatch(/The export is cut off .*Nothing was done\.$/m);
    });

    it('finds what is wrong, names it with its events, and heals it by a swap that nobody notices', async () => {
      const held = await heldOf(db);
      await plant(db);
      const looked = await ledgerCommand(env, 'rebuild');
      expect(looked.status).toBe(1);
      expect(looked.stdout).toMatch(
        /^balance user:user-0 .*spent is .*, by the log .*\n {2}the latest events behind it:\n {4}2026-.* test-/m,
      );
      expect(looked.stdout).toMatch(/^bucket team:team-0 .*grain day/m);
      expect(looked.stdout).toMatch(/^window user:user-1 .*budget_id user-month/m);
      expect(looked.stdout).toMatch(/^event \(source .*: .*amount is /m);
      expect(looked.stdout).toMatch(/^quarantined .*: is not in the log$/m);
      expect(looked.stdout).toMatch(
        /^budget revision .*budget_id key-day.*account is key:other, by the log key:\*/m,
      );
      expect(looked.stdout).toContain('Nothing was changed');

      const traffic = keepRecording(ledger);
      const healed = await ledgerCommand(env, 'rebuild', '--swap', '--json');
      const recorded = await traffic.stop();
      expect(healed.status).toBe(0);
      expect(JSON.parse(healed.stdout)).toMatchObject({ swapped: true });
      expect(recorded.failed).toEqual([]);
      const after = await ledger.http.record({ type: 'user', userId: 'user-0' }, '1.00');
      const balance = await ledger.http.balance('user:user-0', after.body.position);
      expect(balance.status).toBe(200);
      expect(ledger.hasEnded).toBe(false);
      expect(await projectionDifferences(db.database)).toEqual([]);
      expect(await heldOf(db)).toEqual(held);
      expect(await schemas(db)).toEqual(['public']);
      expect((await ledgerCommand(env, 'rebuild', '--json')).status).toBe(0);
    });

    it('goes on where a killed one has left off', async () => {
      const slow = { ...env, REBUILD_BATCH: '1', REBUILD_PARALLEL: '1' };
      const killed = LedgerCommand.start(slow, 'rebuild');
      await waitUntil('some is rebuilt', async () => (await rebuiltOffsets(db)) > 5);
      killed.child.kill('SIGKILL');
      await killed.end();
      const before = await rebuiltOffsets(db);
      const {
        status: code,
        stdout: out,
        stderr: err,
      } = await ledgerCommand(env, 'rebuild', '--json');
      expect(err).toContain('Going on with a rebuild that was interrupted.');
      expect([before > 0, code, JSON.parse(out).found]).toEqual([true, 0, 0]);
    });

    it('is kept when it is interrupted, and begins anew where that is asked for', async () => {
      const slow = { ...env, REBUILD_BATCH: '1', REBUILD_PARALLEL: '1' };
      const interrupted = LedgerCommand.start(slow, 'rebuild');
      await waitUntil('some is rebuilt', async () => (await rebuiltOffsets(db)) > 5);
      interrupted.child.kill('SIGINT');
      expect(await interrupted.end()).toBe(130);
      expect(interrupted.stderr).toContain('Interrupted. What was rebuilt is kept');
      const { status: code, stderr: err } = await ledgerCommand(env, 'rebuild', '--anew');
      expect([code, err.includes('Going on')]).toEqual([0, false]);
    });

    it('is refused beside another one', async () => {
      const slow = { ...env, REBUILD_BATCH: '1', REBUILD_PARALLEL: '1' };
      const first = LedgerCommand.start(slow, 'rebuild', '--anew');
      await waitUntil('it is at work', async () => (await rebuiltOffsets(db)) > 0);
      first.child.kill('SIGSTOP');
      expect(await ledgerCommand(env, 'rebuild')).toEqual({
        status: 2,
        stdout: '',
        stderr: 'Another rebuild of this ledger is under way; there is one at a time.\n',
      });
      first.child.kill('SIGKILL');
      await first.end();
    });
  },
);

/** Checks and spends all the while. */
async function recordMore({ http }: LedgerProcess): Promise<void> {
  const scope = { type: 'user', userId: 'user-0', keyId: 'key-1' };
  const { body: spend } = await http.record(scope, '3.00');
  await http.correct(spend, { kind: 'amend', amount: '2.00' });
  await http.setBudget('user-month', 'user:*', '3000000.00');
  const { body } = await http.record(
    { type: 'team', teamId: 'team-0' },
    undefined,
    {},
    { basis: 'unknown' },
  );
  await http.balance('team:team-0', body.position);
}

function keepRecording({ http }: LedgerProcess) {
  const failed: unknown[] = [];
  let isOver = false;
  const running = (async () => {
    for (let n = 0; !isOver; n++) {
      const scope = {
        type: 'team',
        teamId: `team-${n % 5}`,
        userId: `user-${n % 3}`,
        keyId: `key-${n % 4}`,
      };
      const answers = await Promise.all([
        http.record(scope, '0.000000000001', { id: randomUUID() }),
        http.check(scope),
        http.hold(scope, '0.01').then(({ body }) => http.release(body.holdId as string)),
      ]);
      for (const { status, body } of answers)
        if (status >= 300 || body.degraded === true) failed.push(body);
    }
  })();
  const stop = async () => {
    isOver = true;
    await running;
    return { failed };
  };
  return { stop };
}

function withoutProgress(err: string): string {
  return err
    .split('\n')
    .filter((line) => !/^(\[[#-]{24}\]|comparing |$)/.test(line))
    .join('\n');
}

function plant({ database }: TestDatabase): Promise<void> {
  const statements = [
    `update user_balance set spent = spent + 0.000000000001 where user_id = 'user-0'`,
    `update team_bucket set spent = spent + 1 where team_id = 'team-0' and grain = 'day'
     and starts = (select min(starts) from team_bucket where team_id = 'team-0' and grain = 'day')`,
    `update user_balance set windows = jsonb_set(windows, '{user-month,2}', '"7.00"') where user_id = 'user-1'`,
    `update spend_event set amount = amount + 1
     where event_key = (select event_key from spend_event where amount > 0 and adjusts_key is null limit 1)`,
    `insert into quarantine values (0, 1000000, 'planted', '{}', '')`,
    `update budget_revision set account = 'key:other' where budget_id = 'key-day'`,
  ];
  return spoilRecord(database, async (trx) => {
    for (const statement of statements) await sql.raw(statement).execute(trx);
  });
}

async function heldOf({ database: { kysely } }: TestDatabase): Promise<unknown[]> {
  const { rows } = await sql`
    select partition, account, taken from held_account where taken > 0 order by 1, 2`.execute(
    kysely,
  );
  return rows;
}

async function schemas({ database: { kysely } }: TestDatabase): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select nspname as name from pg_namespace where nspname !~ '^(pg_|information_schema)'`.execute(
    kysely,
  );
  return rows.map(({ name }) => name);
}

async function rebuiltOffsets({ options }: TestDatabase): Promise<number> {
  const database = new Database({ ...options, maxConnections: 1 });
  try {
    const { rows } = await sql<{ sum: string }>`
      select coalesce(sum(next_offset), 0) as sum from rebuild.projection_partition`.execute(
      database.kysely,
    );
    return Number(rows[0]!.sum);
  } catch {
    return 0;
  } finally {
    await database.close();
  }
}

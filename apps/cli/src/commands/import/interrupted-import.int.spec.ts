import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import type { Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  createTestDatabase,
  openTestLog,
  spendRecord,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { projectAll, runCommand } from '../ledger-commands.fixture';
import { ExportAppender } from './append-export';
import { checkExport } from '../../export-file/check-export';
import { alone, beginImport, finishImport } from './import-state';
import { contentsOf, faultsOf } from './same-ledgers.fixture';

const RULES = { currency: TEST_CURRENCY, partitions: TEST_PARTITIONS };
const SCOPES: readonly Scope[] = [
  { type: 'user', userId: 'alice', keyId: 'k' },
  { type: 'team', teamId: 'ml', userId: 'alice' },
  { type: 'key', keyId: 'k' },
];

function records(): NewRecord[] {
  return SCOPES.flatMap((scope) => {
    const settled = spendRecord(scope, '2.50', { holdOutcome: 'settled' });
    return [settled, adjustmentRecord(settled, '1.00'), spendRecord(scope, undefined)];
  });
}

describe('an import that is interrupted', () => {
  let folder: string;
  let one: TestDatabase;
  let other: TestDatabase;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'import-'));
  });
  beforeEach(async () => {
    one = await createTestDatabase();
    other = await createTestDatabase();
    await openTestLog(one.database).append(records());
    await projectAll({ ...one, restoreClaims: true });
    file = join(folder, `${Math.random()}.ndjson`);
    await runCommand(one, ['export', '--out', file]);
  });
  afterEach(async () => {
    await one.drop();
    await other.drop();
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Imports in batches of two lines, with a log that gives up at its nth append, before or after it was done. */
  async function importUntil(nth: number, gives: 'before' | 'after' | 'not'): Promise<boolean> {
    const log = openTestLog(other.database);
    let appends = 0;
    const breaking = Object.assign(Object.create(log) as typeof log, {
      append: async (all: readonly NewRecord[]) => {
        const breaks = ++appends === nth;
        if (breaks && gives === 'before') throw new Error('gone');
        const offsets = await log.append(all);
        if (breaks && gives === 'after') throw new Error('gone');
        return offsets;
      },
    });
    const checked = await checkExport(file, { ...other, currency: TEST_CURRENCY });
    return alone(other.database, async () => {
      const { done } = await beginImport(other.database, log, checked);
      const target = { database: other.database, log: breaking, rules: RULES };
      const appender = new ExportAppender(target, done, { lines: 2, bytes: 1024 * 1024 });
      await appender.append(file, checked, () => undefined);
      await finishImport(other.database, []);
      return true;
    }).catch((error: unknown) => {
      if ((error as Error).message === 'gone') return false;
      throw error;
    });
  }

  it.each(['before', 'after'] as const)(
    'is completed by the same file, wherever it broke off %s an append',
    async (gives) => {
      let runs = 0;
      while (!(await importUntil(2, gives))) {
        runs++;
        // A projector may be at work meanwhile.
        await projectAll(other);
      }
      expect(runs).toBeGreaterThan(2);
      await projectAll(other);
      expect(await contentsOf(other.database)).toEqual(await contentsOf(one.database));
      expect(await faultsOf(other.database)).toEqual([]);
    },
  );

  it('lets nothing else in until it is done, nor another file', async () => {
    expect(await importUntil(2, 'after')).toBe(false);
    expect(await triggers()).toEqual(['O', 'O']);
    const claim = sql`
      insert into event_claim (event_key, content_hash, partition) values (gen_random_uuid(), '', 0)`;
    const mark = sql`insert into log_mark (partition, marked_at) values (0, now())`;
    for (const write of [claim, mark]) {
      await expect(write.execute(other.database.kysely)).rejects.toMatchObject({ code: '57P03' });
    }
    const another = join(folder, 'another.ndjson');
    await runCommand(one, ['export', '--out', another]);
    expect(await runCommand(other, ['import', another])).toMatchObject({
      status: 2,
      refusal: expect.stringContaining('is being filled from another export'),
    });
    expect(await runCommand(other, ['import', file])).toMatchObject({ status: 0 });
    await claim.execute(other.database.kysely);
    expect(await runCommand(other, ['import', another])).toMatchObject({
      status: 2,
      refusal: expect.stringContaining('was filled from another export'),
    });
  });

  it('costs claims and marks nothing before it and after it', async () => {
    expect(await triggers()).toEqual(['D', 'D']);
    expect(await runCommand(other, ['import', file])).toMatchObject({ status: 0 });
    expect(await triggers()).toEqual(['D', 'D']);
  });

  it('waits for nobody who only reads', async () => {
    await other.database.kysely.transaction().execute(async (reading) => {
      await sql`select from event_claim, log_mark, outbox`.execute(reading);
      expect(await runCommand(other, ['import', file])).toMatchObject({ status: 0 });
    });
  });

  async function triggers(): Promise<string[]> {
    const { rows } = await sql<{ enabled: string }>`
      select tgenabled as enabled from pg_trigger
      where tgname = 'no_other_during_import'`.execute(other.database.kysely);
    return rows.map(({ enabled }) => enabled);
  }

  it('is one at a time', async () => {
    await alone(other.database, async () => {
      expect(await runCommand(other, ['import', file])).toMatchObject({
        status: 2,
        refusal: 'Another import into this ledger is running.',
      });
    });
  });

  it('stops when it is asked to, and says how to go on', async () => {
    const spends = Array.from({ length: 1200 }, () => spendRecord(SCOPES[0]!, '1.00'));
    await openTestLog(one.database).append(spends);
    await projectAll({ ...one, restoreClaims: true });
    const long = join(folder, 'long.ndjson');
    await runCommand(one, ['export', '--out', long]);
    const stopping = new AbortController();
    stopping.abort();
    const stopped = await runCommand(other, ['import', long], { stopped: stopping.signal });
    expect(stopped.refusal).toBe(
      'Interrupted after 500 of 1209 lines: import the same file again to go on.',
    );
    const resumed = await runCommand(other, ['import', long, '--json']);
    expect(JSON.parse(resumed.out)).toMatchObject({ lines: 1209, imported: 709 });
    await projectAll(other);
    expect(await contentsOf(other.database)).toEqual(await contentsOf(one.database));
  });
});

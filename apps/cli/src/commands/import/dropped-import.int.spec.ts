import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { GRANTS } from '#libs/postgres';
import {
  createTestDatabase,
  openTestLog,
  spendRecord,
  TEST_CURRENCY,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { checkExport } from '../../export-file/check-export';
import { projectAll, runCommand } from '../ledger-commands.fixture';
import { ExportAppender } from './append-export';
import { closeApril, forgeableRecords } from './forged-export.fixture';
import { alone, beginImport } from './import-state';
import { contentsOf, faultsOf } from './same-ledgers.fixture';

/** They say when and by whom, and are no part of the record. */
const OF_THE_DATABASE = new Set(['kysely_migration', 'kysely_migration_lock', 'ledger']);

describe('an import that is dropped', () => {
  let folder: string;
  let one: TestDatabase;
  let other: TestDatabase;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dropped-'));
    one = await createTestDatabase();
    await openTestLog(one.database).append(forgeableRecords());
    await projectAll({ ...one, restoreClaims: true });
    await closeApril(one);
    file = join(folder, 'one.ndjson');
    await runCommand(one, ['export', '--out', file]);
  });
  beforeEach(async () => {
    other = await createTestDatabase();
  });
  afterEach(() => other.drop());
  afterAll(async () => {
    await one.drop();
    await rm(folder, { recursive: true });
  });

  /** All lines are on the log, and it breaks off before it says so. */
  async function breakOff(): Promise<void> {
    const log = openTestLog(other.database);
    const checked = await checkExport(file, { ...other, currency: TEST_CURRENCY });
    const rules = { currency: TEST_CURRENCY, partitions: TEST_PARTITIONS };
    await alone(other.database, async () => {
      const { done } = await beginImport(other.database, log, checked);
      const target = { database: other.database, log, rules };
      await new ExportAppender(target, done).append(file, checked, () => undefined);
    });
  }

  async function prepareCorrections(): Promise<void> {
    await sql`
      insert into correction_batch (reason, prepared_by) values ('x', 'y')`.execute(
      other.database.kysely,
    );
  }

  it('leaves the ledger as a new one, whatever table it came to', async () => {
    const fresh = await createTestDatabase();
    try {
      await breakOff();
      await projectAll(other);
      await prepareCorrections();
      const full = await rowsOf(other);
      const empty = await rowsOf(fresh);
      const touched = Object.keys(empty).filter((table) => full[table] !== empty[table]);
      expect(touched).toEqual(
        expect.arrayContaining(['event_claim', 'log_record', 'spend_event', 'held_account']),
      );
      expect(await runCommand(other, ['import', '--drop'])).toMatchObject({
        status: 0,
        out: 'The 7 lines that were imported are dropped. The ledger is empty.\n',
      });
      expect(await rowsOf(other)).toEqual(empty);
      expect(await triggersOf(other)).toEqual(await triggersOf(fresh));
    } finally {
      await fresh.drop();
    }
  });

  it('lets the same file in again, and another, and others record', async () => {
    await breakOff();
    await projectAll(other);
    await runCommand(other, ['import', '--drop']);
    expect(await runCommand(other, ['import', file])).toMatchObject({ status: 0 });
    await projectAll(other);
    expect(await contentsOf(other.database)).toEqual(await contentsOf(one.database));
    expect(await faultsOf(other.database)).toEqual([]);

    const third = await createTestDatabase();
    try {
      await openTestLog(third.database).append([
        spendRecord({ type: 'user', userId: 'bob' }, '1.00'),
      ]);
      await projectAll({ ...third, restoreClaims: true });
      const another = join(folder, 'another.ndjson');
      await runCommand(third, ['export', '--out', another]);
      await other.drop();
      other = await createTestDatabase();
      await breakOff();
      await runCommand(other, ['import', '--drop', '--json']);
      expect(await runCommand(other, ['import', another])).toMatchObject({ status: 0 });
    } finally {
      await third.drop();
    }
  });

  it('is one that has begun and has not ended', async () => {
    expect(await runCommand(other, ['import', '--drop'])).toMatchObject({
      status: 2,
      refusal: 'No import into this ledger was begun: there is nothing to drop.',
    });
    await runCommand(other, ['import', file]);
    const before = await rowsOf(other);
    expect(await runCommand(other, ['import', '--drop'])).toMatchObject({
      status: 2,
      refusal:
        'The import into this ledger is finished, and what is on record stays: there is nothing to drop.',
    });
    expect(await rowsOf(other)).toEqual(before);
  });

  it.each<[string, ReturnType<typeof sql>, RegExp]>([
    [
      'while a projector runs',
      sql`insert into log_reader (reader, seen_until) values ('r', ledger_now() + interval '1 min')`,
      /^A projector of this ledger runs/,
    ],
    [
      'while money is held',
      sql`insert into hold (partition, hold_id, scope_type, user_id, amount, created_at, expires_at, caller)
          values (0, gen_random_uuid(), 'user', 'a', 1, ledger_now(), ledger_now() + interval '1 hour', 'c')`,
      /^Money is held in this ledger \(1 holds\)/,
    ],
  ])('is refused %s', async (_, begin, sentence) => {
    await breakOff();
    await begin.execute(other.database.kysely);
    const before = await rowsOf(other);
    const { status, refusal } = await runCommand(other, ['import', '--drop']);
    expect([status, refusal]).toEqual([2, expect.stringMatching(sentence)]);
    expect(await rowsOf(other)).toEqual(before);
  });

  it('is not to be had where the log keeps what was appended, which is said with what to do', async () => {
    await breakOff();
    const before = await rowsOf(other);
    const onKafka = { ...other, logId: 'a-topic' };
    const { status, refusal } = await runCommand(onKafka, ['import', '--drop']);
    expect([status, refusal]).toEqual([2, expect.stringMatching(/in Kafka.* Make a new ledger/)]);
    expect(await rowsOf(other)).toEqual(before);
  });

  it('needs either a file or the word', async () => {
    for (const args of [[], [file, '--drop']]) {
      expect((await runCommand(other, ['import', ...args])).refusal).toBe(
        'Give the file of an export, or --drop.',
      );
    }
  });
});

/** All rows of all tables, each as one text. */
async function rowsOf({ database }: TestDatabase): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const table of Object.keys(GRANTS).filter((name) => !OF_THE_DATABASE.has(name))) {
    const { rows } = await sql<{ text: string }>`
      select coalesce(jsonb_agg(to_jsonb(t) - 'epoch' order by to_jsonb(t))::text, '') as text
      from ${sql.table(table)} t`.execute(database.kysely);
    all[table] = rows[0]!.text;
  }
  return all;
}

async function triggersOf({ database }: TestDatabase): Promise<unknown[]> {
  const { rows } = await sql`
    select tgrelid::regclass::text, tgname, tgenabled from pg_trigger
    where not tgisinternal order by 1, 2`.execute(database.kysely);
  return rows;
}

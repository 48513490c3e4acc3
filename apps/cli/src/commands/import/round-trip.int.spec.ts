import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { instantOf, type Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  budgetRecord,
  createTestDatabase,
  markRecord,
  openTestLog,
  priceBook,
  pricesRecord,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
  usageRecord,
} from '#libs/testing';
import { HOLDS_SOURCE } from '#libs/wire';
import { ledgerOfPartitions, projectAll, runCommand } from '../ledger-commands.fixture';
import { contentsOf, faultsOf, knownTimesOf } from './same-ledgers.fixture';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const IN_TEAM: Scope = { type: 'team', teamId: 'm/l', userId: 'alice', keyId: 'k' };
const TEAM: Scope = { type: 'team', teamId: 'm/l' };
const LATE: Scope = { type: 'user', userId: 'late' };
const HOLD_ID = '019a0000-0000-7000-8000-000000000000';
const KEY: Scope = { type: 'key', keyId: 'k' };
const AT = instantOf('2026-04-27T10:00:00Z');
const LABELS = new Map([
  ['constructor', '=1'],
  ['org', 'josé'],
]);
const METADATA = {
  '\\"': ['é', 1.5, null, 9007199254740991, -0.1],
  __proto__: 1,
  'a\u2028b': { constructor: '=1' },
};

/** Of every shape that the log can hold, what is set aside too. */
function everyShape(): NewRecord[] {
  const minutes = (n: number) => AT + BigInt(n) * 60_000_000n;
  const paid = spendRecord(ALICE, '10.50', {
    time: minutes(1),
    model: 'gpt-5',
    requestId: 'r',
    labels: LABELS,
  });
  const unknown = spendRecord(IN_TEAM, undefined, { time: minutes(20), recordedAt: AT + 5n });
  const settled = spendRecord(IN_TEAM, '4.20', {
    holdOutcome: 'settled',
    metadata: METADATA,
    labels: new Map([['project', 'a/b c%']]),
  });
  const extended = spendRecord(KEY, '0.000000000001', { source: '=cmd', id: '-1+1' });
  const { partition } = paid;
  const charged = spendRecord(LATE, '5', {
    source: HOLDS_SOURCE,
    id: HOLD_ID,
    holdId: HOLD_ID,
    holdOutcome: 'settled',
    basis: 'estimated',
    metadata: { onExpiry: 'charge' },
  });
  const prices = priceBook('2026-04 "list"');
  const used = usageRecord(TEAM, { input: 1200, output: 300, reasoning: 7 }, prices);
  const traced = { ...extended.headers, ce_traceparent: '00-1', ce_subject: 'a "b"' };
  return [
    paid,
    paid,
    unknown,
    markRecord(partition, minutes(500)),
    spendRecord(ALICE, '0', { time: minutes(-9000) }),
    spendRecord(TEAM, '999999999999999.999999999999', { basis: 'estimated', recordedAt: AT }),
    settled,
    settled,
    spendRecord(KEY, undefined, { holdOutcome: 'settled' }),
    ...(['ended', 'foreign', 'unknown'] as const).map((holdOutcome) =>
      spendRecord(ALICE, '1.00', { holdOutcome }),
    ),
    { ...extended, headers: traced },
    adjustmentRecord(paid, '3.25', { reason: '+ "quoted", with a comma', recordedAt: minutes(2) }),
    adjustmentRecord(unknown, '7'),
    adjustmentRecord(settled, 'reverse'),
    adjustmentRecord(settled, '4.2'),
    adjustmentRecord(paid, 'reverse', { time: minutes(3) }),
    charged,
    adjustmentRecord(charged, '2', { source: HOLDS_SOURCE, id: `${HOLD_ID}/amended` }),
    budgetRecord('b', 1, { account: 'user:alice' }),
    budgetRecord('b', 2, { account: 'user:*', limit: null, warnAt: ['0.8'] }, minutes(4)),
    budgetRecord('b', 3, null),
    pricesRecord(prices),
    pricesRecord(prices, minutes(1)),
    used,
    usageRecord(ALICE, { input: 1, output: 0 }, undefined, { basis: 'estimated' }),
    usageRecord(ALICE, { input: 5, output: 5 }, prices, { holdOutcome: 'settled' }),
    adjustmentRecord(used, '0.01'),
    budgetRecord('month', 1, {
      account: 'team:m%2Fl',
      window: { type: 'calendar', unit: 'month', zone: 'Europe/Berlin' },
      validUntil: '2027-01-01T00:00:00Z',
    }),
    // Set aside: garbage, another currency, a foreign partition, a correction of nothing.
    { partition, headers: { 'content-type': 'text/plain' }, value: Buffer.from([0, 255, 10]) },
    spendRecord(ALICE, '1', { currency: 'EUR' }),
    { ...spendRecord(ALICE, '1'), partition: (partition + 1) % TEST_PARTITIONS },
    adjustmentRecord(spendRecord(ALICE, '1'), 'reverse'),
  ];
}

describe('an export that is imported', () => {
  let folder: string;
  const open: TestDatabase[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'export-'));
  });
  afterEach(async () => {
    for (const db of open.splice(0)) await db.drop();
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function ledgerOf(records: readonly NewRecord[]): Promise<TestDatabase> {
    const db = await createTestDatabase();
    open.push(db);
    await openTestLog(db.database).append(records);
    // The records are as old as if the database had been lost: what they were claimed under is made anew.
    await projectAll({ ...db, restoreClaims: true });
    return db;
  }

  async function emptyLedger(partitions: number): Promise<TestDatabase & { partitions: number }> {
    const db = await ledgerOfPartitions(partitions);
    open.push(db);
    return db;
  }

  async function exported(db: { database: TestDatabase['database'] }, name: string) {
    const file = join(folder, name);
    expect(await runCommand(db, ['export', '--out', file])).toMatchObject({ status: 0 });
    return file;
  }

  it.each([TEST_PARTITIONS, 5, 1])(
    'gives equal entries, balances, buckets, windows and budgets, in a ledger of %i partitions',
    async (partitions) => {
      const one = await ledgerOf(everyShape());
      await sql`
        insert into closed_month (month, zone, known_at, closed_by)
        values ('2026-04', 'Europe/Berlin', '2026-05-03T00:00:00.5Z', 'finance')`.execute(
        one.database.kysely,
      );
      const file = await exported(one, `shapes-${partitions}.ndjson`);
      const other = await emptyLedger(partitions);
      expect(await runCommand(other, ['import', file])).toMatchObject({ status: 0 });
      const taken = await contentsOf(other.database);
      expect(taken['held']).toContainEqual({ account: 'team:m%2Fl', held: '4.20' });
      await projectAll(other);
      expect(await contentsOf(other.database)).toEqual(await contentsOf(one.database));
      expect(await faultsOf(other.database)).toEqual([]);
      expect(await monthsOf(other)).toEqual(await monthsOf(one));
      const asides = await asideOf(other);
      expect(asides).toHaveLength(4);
      if (partitions !== TEST_PARTITIONS) return;
      expect(await knownTimesOf(other.database)).toEqual(await knownTimesOf(one.database));
      expect(await asideOf(one)).toEqual(expect.arrayContaining(asides.slice(0, 3)));
    },
  );

  it('is exported again as it was', async () => {
    const one = await ledgerOf(everyShape());
    const file = await exported(one, 'first.ndjson');
    const other = await emptyLedger(TEST_PARTITIONS);
    await runCommand(other, ['import', file]);
    await projectAll(other);
    const again = await exported(other, 'again.ndjson');
    expect(await factsIn(again)).toEqual(await factsIn(file));
  });

  it('is imported once', async () => {
    const one = await ledgerOf([spendRecord(ALICE, '1.00')]);
    const file = await exported(one, 'once.ndjson');
    const other = await emptyLedger(3);
    const first = await runCommand(other, ['import', file, '--json']);
    expect(JSON.parse(first.out)).toMatchObject({ lines: 1, imported: 1 });
    const second = await runCommand(other, ['import', file, '--json']);
    expect(JSON.parse(second.out)).toMatchObject({ lines: 1, imported: 0 });
    await projectAll(other);
    expect((await contentsOf(other.database))['entries']).toHaveLength(1);
  });
});

async function monthsOf({ database }: TestDatabase): Promise<unknown[]> {
  return database.kysely.selectFrom('closed_month').selectAll().execute();
}

async function asideOf({ database }: TestDatabase): Promise<unknown[]> {
  const { rows } = await sql`
    select reason, headers, encode(value, 'hex') as value from quarantine
    order by headers ? 'was-ce_id', value, reason`.execute(database.kysely);
  return rows;
}

async function factsIn(file: string): Promise<unknown[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const facts = lines.slice(1, -1).map((line) => JSON.parse(line) as { knownat?: string });
  return facts
    .filter(({ knownat }) => knownat !== undefined)
    .map((fact) => ({ ...fact, position: undefined }));
}

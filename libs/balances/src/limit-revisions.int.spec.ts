import { sql } from 'kysely';
import { instantOf } from '#libs/ledger';
import {
  budgetRecord,
  createTestDatabase,
  logRecords,
  projectBatch,
  type TestDatabase,
} from '#libs/testing';
import { readLimitRevisions } from './limit-revisions';
import { warningBudgetsNamed } from './warning-budgets';

const ID = 'alice-total';
const AT = instantOf('2026-04-27T10:00:00Z');
const at = (hours: number) => AT + BigInt(hours) * 3_600_000_000n;
const rfc = (hours: number) => new Date(Date.UTC(2026, 3, 27, 10 + hours)).toISOString();

interface Revision {
  readonly limit: string | null;
  readonly warnAt?: readonly string[];
  readonly enforce?: boolean;
  readonly validUntil?: string;
}
const SET = (limit: string, more: Partial<Revision> = {}): Revision => ({ limit, ...more });

describe('the revision at which a limit last changed to what it is', () => {
  let db: TestDatabase;

  beforeEach(async () => {
    db = await createTestDatabase();
  });
  afterEach(() => db.drop());

  it.each<[string, readonly (Revision | null)[], number]>([
    ['the first', [SET('100')], 1],
    [
      'the first, where only other settings change',
      [SET('100'), SET('100', { enforce: false })],
      1,
    ],
    ['the one that raises', [SET('100'), SET('100'), SET('200')], 3],
    [
      'the one that raises, however often it is said again',
      [SET('1'), SET('2'), SET('2'), SET('2.0')],
      2,
    ],
    ['the one that goes back to an earlier limit', [SET('1'), SET('2'), SET('1'), SET('1')], 3],
    ['the first after a removal', [SET('1'), null, SET('1')], 3],
    ['the first after no limit', [SET('1'), { limit: null }, SET('1')], 3],
    ['of a raise that ended, that of before', [SET('1'), SET('2', { validUntil: rfc(1) })], 1],
    [
      'of what follows a raise that had ended, that of before',
      [SET('1'), SET('2', { validUntil: rfc(1.5) }), SET('1')],
      1,
    ],
    [
      'of the same raise again after it had ended, the later',
      [SET('1'), SET('2', { validUntil: rfc(1.5) }), SET('2')],
      3,
    ],
    [
      'of a raise that is made lasting, that of the raise',
      [SET('1'), SET('2', { validUntil: rfc(9) }), SET('2')],
      2,
    ],
  ])('is %s', async (_what, revisions, expected) => {
    // Revision n is recorded n - 1 hours after the first.
    await project(revisions.map((revision, index) => recordOf(index + 1, revision)));
    expect(await limitRevision()).toBe(expected);
  });

  it('is not told before all that could change it is known', async () => {
    const records = [SET('1'), SET('2'), SET('2')].map((revision, n) => recordOf(n + 1, revision));
    const [first, second, third] = records;
    await project([first!, third!]);
    expect(await limitRevision()).toBeUndefined();
    await project([second!], 2n);
    expect(await limitRevision()).toBe(2);
  });

  it('is of the budget that is asked about', async () => {
    await project([recordOf(1, SET('1')), recordOf(2, SET('1'))]);
    const other = budgetRecord('other', 1, { account: 'user:alice', warnAt: ['1'] });
    await projectBatch(db.database, logRecords([other], await nextOffset(other.partition)));
    const budgets = await warningBudgetsNamed(db.database, [ID, 'other']);
    expect(await readLimitRevisions(db.database, budgets)).toEqual(
      new Map([
        [ID, 1],
        ['other', 1],
      ]),
    );
  });

  async function limitRevision(): Promise<number | undefined> {
    const budgets = await warningBudgetsNamed(db.database, [ID]);
    expect(budgets).toHaveLength(1);
    return (await readLimitRevisions(db.database, budgets)).get(ID);
  }

  function recordOf(revision: number, settings: Revision | null) {
    const given = settings && { account: 'user:alice', warnAt: ['0.8'], ...settings };
    return budgetRecord(ID, revision, given, at(revision - 1));
  }

  async function project(records: ReturnType<typeof recordOf>[], from = 0n): Promise<void> {
    await projectBatch(db.database, logRecords(records, from));
  }

  async function nextOffset(partition: number): Promise<bigint> {
    const { rows } = await sql<{ next_offset: bigint }>`
      select next_offset from projection_partition where partition = ${partition}`.execute(
      db.database.kysely,
    );
    return rows[0]!.next_offset;
  }
});

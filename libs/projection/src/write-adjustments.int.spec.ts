import fc from 'fast-check';
import { sql } from 'kysely';
import { formatMoney, instantOf, picoOfDecimal, type Scope } from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  adjustmentRecord,
  budgetRecord,
  createTestDatabase,
  emptyProjection,
  logRecords,
  projectBatch,
  projectionDifferences,
  propertyOptions,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const ML: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
/** Of every spend here: a correction that did not have them would show as a difference. */
const LABELS = new Map([
  ['org', 'acme'],
  ['project', 'a/b'],
]);
const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };
const MARCH = instantOf('2026-03-10T10:00:00Z');

describe('corrections', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
    await project([budgetRecord('month', 1, { account: 'user:*', window: MONTH })]);
  });
  beforeEach(() => emptyProjection(db.database));
  afterAll(() => db.drop());

  const spend = (amount: string | undefined, given = {}) =>
    spendRecord(ALICE, amount, { labels: LABELS, ...given });

  it.each<[string, (of: NewRecord) => NewRecord[], string]>([
    ['amended down', (of) => [adjustmentRecord(of, '3.00')], '3.00'],
    ['amended up', (of) => [adjustmentRecord(of, '30.00')], '30.00'],
    ['reversed', (of) => [adjustmentRecord(of, 'reverse')], '0.00'],
    [
      'reversed twice',
      (of) => ['reverse', 'reverse'].map((to) => adjustmentRecord(of, to)),
      '0.00',
    ],
    [
      'reversed, and amended after that',
      (of) => [adjustmentRecord(of, 'reverse'), adjustmentRecord(of, '7.00')],
      '7.00',
    ],
    [
      'amended again, by less than a cent',
      (of) => ['5.00', '5.000000000001'].map((to) => adjustmentRecord(of, to)),
      '5.000000000001',
    ],
  ])('set what a spend costs: %s', async (_, corrections, left) => {
    for (const together of [true, false]) {
      await emptyProjection(db.database);
      const of = spend('10.00');
      const other = spend('1.00');
      const all = [of, other, ...corrections(of)];
      if (together) await project(all);
      else for (const [n, record] of all.entries()) await project([record], n);
      const expected = formatMoney(picoOfDecimal(left) + picoOfDecimal('1.00'));
      expect(await spentOf('user')).toEqual([expected, 0n]);
      expect(await spentOf('key')).toEqual([expected, 0n]);
      expect(await projectionDifferences(db.database)).toEqual([]);
    }
  });

  it.each([
    ['amend', '2.50'],
    ['reverse', 'reverse'],
  ])('complete a cost that was unknown: %s', async (_, stated) => {
    const of = spend(undefined);
    await project([of]);
    expect(await spentOf('user')).toEqual(['0.00', 1n]);
    await project([adjustmentRecord(of, stated), adjustmentRecord(of, '4.00')], 1);
    expect(await spentOf('user')).toEqual(['4.00', 0n]);
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('count where and when the money was spent: in its scope, its window and its model', async () => {
    const march = spend('10.00', { time: MARCH, model: 'gpt-5' });
    const team = spendRecord(ML, '100.00');
    await project([march, spend('1.00')]);
    await project([team]);
    await project([adjustmentRecord(march, '4.00')], 2);
    await project([adjustmentRecord(team, '90.00')], 1);
    expect(await spentOf('user')).toEqual(['5.00', 0n]);
    expect(await spentOf('team')).toEqual(['90.00', 0n]);
    expect(await spentOf('member')).toEqual(['90.00', 0n]);
    const { rows } = await sql<{ model: string; day: string; spent: string }>`
      select model, time::date::text as day, sum(amount)::text as spent from spend_event
      where scope_type = 'user' group by model, time::date order by day`.execute(
      db.database.kysely,
    );
    expect(rows).toEqual([
      { model: 'gpt-5', day: '2026-03-10', spent: '4.00' },
      { model: null, day: '2026-04-27', spent: '1.00' },
    ]);
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('count in each label of their spend and in the ledger, when it was spent; an unknown cost is known in all', async () => {
    const march = spend('3.00', { time: MARCH });
    const unknown = spendRecord(ML, undefined, { labels: new Map([['org', 'acme']]) });
    await project([march, spend('1.00', { labels: undefined })]);
    await project([unknown]);
    expect(await pools()).toEqual([
      ['label:org/acme', '3.00', 1n],
      ['label:project/a%2Fb', '3.00', 0n],
      ['ledger', '4.00', 1n],
    ]);
    await project([adjustmentRecord(march, '5.00'), adjustmentRecord(march, '5.00')], 2);
    await project([adjustmentRecord(unknown, '2.00')], 1);
    expect(await pools()).toEqual([
      ['label:org/acme', '7.00', 0n],
      ['label:project/a%2Fb', '5.00', 0n],
      ['ledger', '8.00', 0n],
    ]);
    const { rows } = await sql`
      select account, starts::date::text as day, sum(spent)::text as spent from pool_bucket
      where grain = 'day' and account <> 'label:project/a%2Fb' group by 1, 2 order by 1, 2`.execute(
      db.database.kysely,
    );
    expect(rows).toEqual([
      { account: 'label:org/acme', day: '2026-03-10', spent: '5.00' },
      { account: 'label:org/acme', day: '2026-04-27', spent: '2.00' },
      { account: 'ledger', day: '2026-03-10', spent: '5.00' },
      { account: 'ledger', day: '2026-04-27', spent: '3.00' },
    ]);
    await project([adjustmentRecord(march, 'reverse')], 4);
    expect((await pools())[1]).toEqual(['label:project/a%2Fb', '0.00', 0n]);
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  it('leave what was held alone: an event flips what it recorded', async () => {
    const settled = spend('10.00', { holdOutcome: 'settled' });
    await project([settled, adjustmentRecord(settled, '6.00')]);
    const { flipped } = await db.database.kysely
      .selectFrom('user_balance')
      .select('flipped')
      .executeTakeFirstOrThrow();
    expect(formatMoney(picoOfDecimal(flipped))).toBe('10.00');
    expect(await spentOf('user')).toEqual(['6.00', 0n]);
  });

  it('that correct no spend before them change nothing and are quarantined', async () => {
    const of = spend('10.00');
    const later = spend('5.00');
    const correction = adjustmentRecord(of, '1.00');
    const ofCorrection = adjustmentRecord(correction, 'reverse');
    await project([adjustmentRecord(later, '2.00'), of, correction, ofCorrection, later]);
    expect(await spentOf('user')).toEqual(['6.00', 0n]);
    const { rows } = await sql<{ log_offset: bigint; reason: string }>`
      select log_offset, reason from quarantine order by log_offset`.execute(db.database.kysely);
    expect(rows.map(({ log_offset }) => log_offset)).toEqual([0n, 3n]);
    expect(rows[0]!.reason).toMatch(/^data\.adjusts: /);
  });

  // Hypothesis: some order, some batching or some repetition books a difference twice, or to the wrong amount.
  it('come to what each spend costs at last, however the log is cut and repeated', async () => {
    const amounts = fc.option(fc.bigInt({ min: 0n, max: 10n ** 20n }).map(formatMoney));
    const steps = fc.array(
      fc.record({ spend: fc.nat(3), stated: amounts, repeats: fc.boolean() }),
      { maxLength: 14 },
    );
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 });
    const costs = fc.tuple(amounts, amounts, amounts, amounts);
    await fc.assert(
      fc.asyncProperty(costs, steps, sizes, async (recorded, changes, cuts) => {
        await emptyProjection(db.database);
        const spends = recorded.map((cost) => spend(cost ?? undefined));
        const at = [...recorded];
        const log = [...spends];
        for (const { spend: n, stated, repeats } of changes) {
          const record = adjustmentRecord(spends[n]!, stated ?? 'reverse');
          at[n] = stated ?? '0';
          log.push(record);
          if (repeats) log.push(spends[n]!, record);
        }
        for (let from = 0, turn = 0; from < log.length; turn++) {
          const size = cuts[turn % cuts.length]!;
          await project(log.slice(from, from + size), from);
          from += size;
        }
        const known = at.filter((cost) => cost !== null);
        const sum = known.reduce((total, cost) => total + picoOfDecimal(cost), 0n);
        expect(await spentOf('user')).toEqual([formatMoney(sum), BigInt(4 - known.length)]);
        expect(await projectionDifferences(db.database)).toEqual([]);
      }),
      propertyOptions(40),
    );
  });

  async function project(records: readonly NewRecord[], from = 0): Promise<void> {
    const outcome = await projectBatch(db.database, logRecords(records, BigInt(from)));
    if (outcome !== 'applied') throw new Error(`a batch was ${outcome}`);
  }

  async function spentOf(kind: 'key' | 'user' | 'team' | 'member'): Promise<[string, bigint]> {
    const { rows } = await sql<{ spent: string; unpriced: bigint }>`
      select sum(spent)::text as spent, sum(unpriced)::bigint as unpriced
      from ${sql.table(`${kind}_balance`)}`.execute(db.database.kysely);
    return [formatMoney(picoOfDecimal(rows[0]!.spent)), rows[0]!.unpriced];
  }

  async function pools(): Promise<[account: string, spent: string, unpriced: bigint][]> {
    const { rows } = await sql<{ account: string; spent: string; unpriced: bigint }>`
      select account, sum(spent)::text as spent, sum(unpriced)::bigint as unpriced
      from pool_balance group by account order by account`.execute(db.database.kysely);
    return rows.map(({ account, spent, unpriced }) => [
      account,
      formatMoney(picoOfDecimal(spent)),
      unpriced,
    ]);
  }
});

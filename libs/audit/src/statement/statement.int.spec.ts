import { formatMoney, instantOf, parseMonth, type Month, type Scope } from '#libs/ledger';
import {
  adjustmentRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  relayingOutbox,
  spendRecord,
  TEST_PARTITIONS,
  TestClock,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { closeMonth, type Closing } from './close-month';
import { readStatement } from './read-statement';
import type { Line } from './statement';

const ALICE: Scope = { type: 'team', teamId: 'ml', userId: 'alice' };
const BOB: Scope = { type: 'team', teamId: 'ml', userId: 'bob' };
const APRIL = month('2026-04');
const MAY = month('2026-05');
const WAIT = { waitMs: 10_000, pollMs: 5 };

describe('a month’s statement', () => {
  let db: TestDatabase;
  let clock: TestClock;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, '2026-05-03T09:00:00Z');
  });
  afterEach(() => db.drop());

  it('goes from the opening over spends by model and member, and corrections, to the closing', async () => {
    const wrong = spendRecord(ALICE, '30.00', { model: 'gpt-5' });
    await record(
      spendRecord(ALICE, '5.00', { time: instantOf('2026-03-31T23:59:59Z') }),
      wrong,
      spendRecord(BOB, '1.00', { model: 'gpt-5' }),
      spendRecord(BOB, '2.00'),
      spendRecord({ type: 'team', teamId: 'ml' }, undefined, { model: 'gpt-6' }),
      spendRecord(ALICE, '99.00', { time: instantOf('2026-05-01T00:00:00Z') }),
      spendRecord({ type: 'team', teamId: 'ops', userId: 'alice' }, '7.00'),
      spendRecord({ type: 'user', userId: 'alice' }, '11.92'),
    );
    await record(adjustmentRecord(wrong, '25.00'));
    expect(await statement(APRIL, 'ml')).toEqual([
      {
        team: 'ml',
        opening: '5.00',
        spends: '33.00 in 4, 1 unknown',
        byModel: { 'gpt-5': '31.00 in 2', null: '2.00 in 1', 'gpt-6': '0.00 in 1, 1 unknown' },
        byMember: { alice: '30.00 in 1', bob: '3.00 in 2', null: '0.00 in 1, 1 unknown' },
        corrections: '-5.00 in 1',
        adjustments: {},
        closing: '33.00',
      },
    ]);
    const all = await statement(APRIL);
    expect(all.map(({ team, closing }) => [team, closing])).toEqual([
      ['ml', '33.00'],
      ['ops', '7.00'],
    ]);
  });

  it('has the months of its zone', async () => {
    await record(spendRecord(ALICE, '1.00', { time: instantOf('2026-03-31T22:00:00Z') }));
    expect(await statement(month('2026-03', 'UTC'))).toMatchObject([{ spends: '1.00 in 1' }]);
    expect(await statement(month('2026-04', 'Europe/Berlin'))).toMatchObject([
      { spends: '1.00 in 1' },
    ]);
  });

  it('never changes after the close: what comes later is an adjustment of a prior month', async () => {
    const wrong = spendRecord(ALICE, '30.00');
    await record(wrong);
    const before = await statement(APRIL);
    expect(await close(APRIL)).toMatchObject({ outcome: 'closed' });
    expect(await statement(APRIL)).toEqual(before);

    await clock.set(instantOf('2026-05-20T00:00:00Z'));
    const may = { recordedAt: instantOf('2026-05-20T00:00:00Z') };
    await record(
      spendRecord(BOB, '4.00', may),
      adjustmentRecord(wrong, 'reverse', may),
      spendRecord(ALICE, '1.00', { ...may, time: instantOf('2026-05-20T00:00:00Z') }),
    );
    expect(await statement(APRIL)).toEqual(before);
    expect(await statement(MAY)).toMatchObject([
      {
        opening: '30.00',
        spends: '1.00 in 1',
        adjustments: { '2026-04': ['4.00 in 1', '-30.00 in 1'] },
        closing: '5.00',
      },
    ]);
    // Of a zone in which April is open it is April's.
    expect(await statement(month('2026-04', 'Europe/Berlin'))).toMatchObject([{ closing: '4.00' }]);
  });

  it('keeps what is recorded at the instant of the close and known after it out of the month', async () => {
    await close(APRIL);
    const at = (await clock.now()) - 1n;
    await record(spendRecord(ALICE, '4.00', { recordedAt: at }));
    expect(await statement(APRIL)).toEqual([]);
    expect(await statement(MAY)).toMatchObject([
      { adjustments: { '2026-04': ['4.00 in 1', '0.00 in 0'] } },
    ]);
  });

  it('is closed with a later one, which a close of its own does not change', async () => {
    await clock.set(instantOf('2026-06-02T00:00:00Z'));
    await record(spendRecord(ALICE, '1.00'));
    await close(MAY);
    await record(spendRecord(ALICE, '2.00', { recordedAt: instantOf('2026-06-03T00:00:00Z') }));
    expect(await statement(APRIL)).toMatchObject([{ spends: '1.00 in 1' }]);
    await clock.set(instantOf('2026-06-04T00:00:00Z'));
    const closed = await close(APRIL);
    expect(closed).toMatchObject({ closed: { knownAt: instantOf('2026-06-02T00:00:00Z') } });
    expect(await statement(APRIL)).toMatchObject([{ spends: '1.00 in 1' }]);
    const { closing } = await readStatement(db.database, APRIL, 'ml', TEST_PARTITIONS);
    expect(closing).toMatchObject({ month: { name: '2026-05' } });
    expect(await statement(month('2026-06'))).toMatchObject([
      { opening: '1.00', adjustments: { '2026-04': ['2.00 in 1', '0.00 in 0'] }, closing: '3.00' },
    ]);
  });

  describe('closing', () => {
    it('is for a month that is over, and once', async () => {
      expect(await close(MAY)).toMatchObject({ outcome: 'not_over' });
      await clock.set(instantOf('2026-05-31T23:59:59.999999Z'));
      expect(await close(MAY)).toMatchObject({ outcome: 'not_over' });
      await clock.set(instantOf('2026-06-01T00:00:00Z'));
      expect(await close(MAY)).toMatchObject({ outcome: 'closed', closed: { closedBy: 'ann' } });
      expect(await close(MAY)).toMatchObject({ outcome: 'closed_before' });
      expect(await close(month('2026-05', 'Asia/Kathmandu'))).toMatchObject({ outcome: 'closed' });
    });

    it('changes nothing while a partition does not get so far', async () => {
      const closing = await closeMonth(db.database, APRIL, 'ann', { waitMs: 20, pollMs: 5 });
      expect(closing).toEqual({
        outcome: 'behind',
        partitions: Array.from({ length: TEST_PARTITIONS }, (_, n) => n),
      });
      const rows = await db.database.kysely.selectFrom('closed_month').selectAll().execute();
      expect(rows).toEqual([]);
    });

    it('at once with an earlier month leaves no figure to change', async () => {
      await clock.set(instantOf('2026-06-02T00:00:00Z'));
      const may = closeMonth(db.database, MAY, 'ann', WAIT);
      const { kysely } = db.database;
      await waitUntil('it waits for its marks', async () =>
        Boolean(await kysely.selectFrom('outbox').select('id').executeTakeFirst()),
      );
      const april = { month: '2026-04', zone: 'UTC', closed_by: 'bob' };
      await kysely
        .insertInto('closed_month')
        .values({ ...april, known_at: '2026-06-02T00:00:00.000001Z' })
        .execute();
      expect(await relayingOutbox(db.database, may)).toEqual({ outcome: 'overtaken' });
    });
  });

  const close = (closed: Month): Promise<Closing> =>
    relayingOutbox(db.database, closeMonth(db.database, closed, 'ann', WAIT));

  async function record(...records: Parameters<ReturnType<typeof openTestLog>['append']>[0]) {
    const log = openTestLog(db.database);
    await log.append(records);
    await log.close();
    await projectLog(db.database);
  }

  async function statement(of: Month, teamId?: string) {
    const { teams } = await readStatement(db.database, of, teamId, TEST_PARTITIONS);
    return teams.map((team) => ({
      team: team.teamId,
      opening: formatMoney(team.openingPico),
      spends: printed(team.spends),
      byModel: named(team.spends.byModel, ({ model }) => model),
      byMember: named(team.spends.byMember, ({ userId }) => userId),
      corrections: printed(team.corrections),
      adjustments: Object.fromEntries(
        team.adjustments.map((one) => [one.month, [printed(one.spends), printed(one.corrections)]]),
      ),
      closing: formatMoney(team.closingPico),
    }));
  }
});

function named<L extends Line>(lines: readonly L[], nameOf: (line: L) => string | null) {
  return Object.fromEntries(lines.map((line) => [String(nameOf(line)), printed(line)]));
}

function printed({ amountPico, count, unpriced }: Line): string {
  return `${formatMoney(amountPico)} in ${count}${unpriced > 0 ? `, ${unpriced} unknown` : ''}`;
}

function month(name: string, zone = 'UTC'): Month {
  const parsed = parseMonth(name, zone, 'month');
  if (!parsed.ok) throw new Error(name);
  return parsed.value;
}

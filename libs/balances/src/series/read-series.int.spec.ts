import fc from 'fast-check';
import {
  accountsOf,
  formatAccount,
  formatMoney,
  instantOf,
  type Account,
  type Instant,
  type Scope,
} from '#libs/ledger';
import {
  createTestDatabase,
  openTestLog,
  projectLog,
  propertyOptions,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { readSeries, type SeriesRequest } from './read-series';
import { STEPS } from './steps';

const ALICE: Scope = { type: 'user', userId: 'alice', keyId: 'k' };
const TEAM: Scope = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const ACCOUNTS: readonly Account[] = [
  ...accountsOf(ALICE, undefined),
  ...accountsOf(TEAM, undefined),
];
/** Each has a clock change in March, or an offset that is no whole hour. */
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'];
const FROM = instantOf('2026-03-05T00:00:00Z');
const DAY = 86_400_000_000n;

interface Spent {
  readonly scope: Scope;
  readonly amountPico: bigint;
  readonly time: Instant;
}

describe('a series', () => {
  let db: TestDatabase;
  const spends: Spent[] = [];

  beforeAll(async () => {
    db = await createTestDatabase();
    const spent = fc.record({
      scope: fc.constantFrom(ALICE, TEAM),
      amountPico: fc.bigInt(1n, 10n ** 26n),
      time: fc.bigInt(0n, 40n * DAY).map((after) => FROM + after),
    });
    spends.push(...fc.sample(fc.array(spent, { minLength: 150, maxLength: 150 }), 1)[0]!);
    const log = openTestLog(db.database);
    await log.append(
      spends.map(({ scope, amountPico, time }) =>
        spendRecord(scope, formatMoney(amountPico), { time }),
      ),
    );
    await log.close();
    await projectLog(db.database);
  });
  afterAll(() => db.drop());

  const read = (request: SeriesRequest, most = 1000) =>
    readSeries(db.database, request, TEST_PARTITIONS, most);

  // Hypothesis: in some zone, around some clock change, a spend is in no point, in two, or in another one than its own.
  it('has each spend of each account in the point of its time, in any zone', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ACCOUNTS),
        fc.constantFrom(...STEPS),
        fc.constantFrom(...ZONES),
        fc.bigInt(0n, 35n * DAY),
        fc.bigInt(1n, 8n * DAY),
        async (account, step, zone, after, length) => {
          const from = FROM + after;
          const series = await read({ account, step, zone, from, to: from + length });
          if ('tooMuch' in series || !series.ok) throw new Error('it is not read');
          const { points } = series.value;
          const of = spends.filter(({ scope }) =>
            accountsOf(scope, undefined).some(
              (one) => formatAccount(one) === formatAccount(account),
            ),
          );
          expect(points.map(({ spent }) => spent)).toEqual(
            points.map(({ start, end }) => {
              const inside = of.filter(
                ({ time }) => time >= instantOf(start!) && time < instantOf(end!),
              );
              return formatMoney(inside.reduce((sum, { amountPico }) => sum + amountPico, 0n));
            }),
          );
          expect(instantOf(points[0]!.start!) <= from).toBe(true);
          points.slice(1).forEach(({ start }, n) => expect(start).toBe(points[n]!.end));
          expect(instantOf(points.at(-1)!.end!) >= from + length).toBe(true);
        },
      ),
      propertyOptions(60),
    ));

  it('refuses what is the wrong way round, and what is too long', async () => {
    const asked = { account: ACCOUNTS[0]!, step: 'P1D', zone: 'UTC' } as const;
    expect(await read({ ...asked, from: FROM, to: FROM })).toMatchObject({
      ok: false,
      errors: [{ field: 'to', rule: 'range' }],
    });
    expect(await read({ ...asked, from: FROM, to: FROM + 3n * DAY }, 2)).toEqual({
      tooMuch: 'This series has more than 2 points. Ask for less time, or for longer steps.',
    });
  });
});

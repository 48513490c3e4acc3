import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill/implementation';
import { FIRST_INSTANT, instantOf, parseWindowRule, windowOf, type Instant } from '#libs/ledger';
import {
  createTestDatabase,
  instants,
  openTestLog,
  projectLog,
  propertyOptions,
  spendRecord,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { pageSpend, type SpendSum } from './page-spend';

const FEW_WINDOWS = 500;
/** One that only ICU knows by this name, too. */
const ZONES = [...Intl.supportedValuesOf('timeZone'), 'US/Pacific-New'];

describe('the day of a spend', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  it.each([
    ['Africa/Casablanca', '2026-11-29T23:30:00Z'],
    ['America/Edmonton', '2026-11-29T06:30:00Z'],
    ['US/Pacific-New', '2026-11-29T07:30:00Z'],
    ['Pacific/Apia', '2011-12-30T09:59:59Z'],
    ['America/New_York', '0001-01-01T01:00:00Z'],
    ['Asia/Tokyo', '9999-12-31T23:00:00Z'],
  ])('in %s at %s is the one that its budget has', async (zone, time) => {
    const at = instantOf(time);
    expect(await daysIn(zone, [at])).toEqual([dayOf(at, zone)]);
  });

  it('before the year 1 has the name that ISO 8601 gives it', async () => {
    const [day] = await namesIn('America/New_York', [instantOf('0001-01-01T01:00:00Z')]);
    expect(day).toMatchObject({ day: '0000-12-31', month: '0000-12' });
  });

  // Hypothesis: in some zone, or where the entries lie far apart, Postgres comes to another day than the windows.
  it('is the one that a budget has, in any zone and however far apart the spends are', async () => {
    const times = fc.oneof(
      { weight: 2, arbitrary: instants },
      fc.bigInt(-800n, 800n).map((quarters) => quarters * 900_000_000n + 1_764_000_000_000_000n),
    );
    const asked = fc.tuple(
      fc.constantFrom(...ZONES),
      fc.array(times, { minLength: 1, maxLength: 12 }),
    );
    await fc.assert(
      fc.asyncProperty(asked, async ([zone, spent]) => {
        expect(await daysIn(zone, spent)).toEqual(spent.map((at) => dayOf(at, zone)));
      }),
      propertyOptions(60),
    );
  });

  let asking = 0;
  /** What groups by day say of spends at these times, each of a model of its own. */
  async function namesIn(zone: string, times: readonly Instant[]): Promise<SpendSum[]> {
    const userId = `asked-${asking++}`;
    const records = times.map((time, n) =>
      spendRecord({ type: 'user', userId }, '1.00', { time, model: `${n}` }),
    );
    await openTestLog(db.database).append(records);
    await projectLog(db.database);
    const read = await pageSpend(
      db.database,
      { account: { kind: 'user', userId }, groupBy: ['model', 'day', 'month'], zone },
      TEST_PARTITIONS,
      {
        mostEntries: 1000,
        mostWindows: FEW_WINDOWS,
        inTurns: (items, work) => {
          for (const item of items) work(item);
          return Promise.resolve();
        },
      },
    );
    if (!('ok' in read) || !read.ok) throw new Error(JSON.stringify(read));
    return [...read.value.items].sort((a, b) => Number(a.model) - Number(b.model));
  }

  const daysIn = async (zone: string, times: readonly Instant[]) =>
    (await namesIn(zone, times)).map(({ day }) => day);
});

/** What `POST /v1/windows/preview` gives of a day, by the name that a calendar on the wall has for its start. */
function dayOf(at: Instant, zone: string): string {
  const rule = parseWindowRule({ type: 'calendar', unit: 'day', zone }, 'window');
  if (!rule.ok) throw new Error(zone);
  const { start } = windowOf({ ...rule.value }, at);
  return Temporal.Instant.fromEpochNanoseconds((start ?? FIRST_INSTANT) * 1000n)
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .toString();
}

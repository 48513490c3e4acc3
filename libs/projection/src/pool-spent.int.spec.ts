import fc from 'fast-check';
import { sql } from 'kysely';
import { formatInstant, formatMoney, instantOf, picoOfDecimal, type Scope } from '#libs/ledger';
import {
  adjustmentRecord,
  createTestDatabase,
  emptyProjection,
  logRecords,
  projectBatch,
  propertyOptions,
  spendRecord,
  type TestDatabase,
} from '#libs/testing';

const MINUTE = 60_000_000n;
const NOON = instantOf('2026-04-27T12:00:00Z');
/** One partition: what is asked is the sum of one. */
const ALICE: Scope = { type: 'user', userId: 'alice' };
const LABELS = [
  undefined,
  new Map([['org', 'acme']]),
  new Map([
    ['org', 'acme'],
    ['project', 'a/b'],
  ]),
  new Map([['project', '*']]),
];
const ACCOUNTS = ['ledger', 'label:org/acme', 'label:project/a%2Fb', 'label:project/%2A'];

/** On the edges of days and quarters of an hour, and of windows of seven minutes: where a sum can be wrong. */
const instants = fc.oneof(
  fc
    .tuple(fc.bigInt(-200n, 200n), fc.constantFrom(-1n, 0n, 1n))
    .map(([quarters, micros]) => NOON + quarters * 15n * MINUTE + micros),
  fc
    .tuple(fc.bigInt(-60n, 60n), fc.constantFrom(-1n, 0n, 1n))
    .map(([windows, micros]) => NOON + (windows * 7n + 3n) * MINUTE + micros),
  fc.bigInt(-3000n * MINUTE, 3000n * MINUTE).map((micros) => NOON + micros),
);
const events = fc.array(
  fc.record({
    time: instants,
    amount: fc.bigInt(0n, 10n ** 15n).map(formatMoney),
    corrected: fc.option(fc.bigInt(0n, 10n ** 15n).map(formatMoney), { nil: undefined }),
    labels: fc.constantFrom(...LABELS),
  }),
  { maxLength: 15 },
);

describe('what a pool has spent between two instants', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  // Hypothesis: some edge of a window falls between the buckets and the entries, or into both.
  it('is the sum of its entries, whatever the window', async () => {
    const windows = fc.array(fc.tuple(instants, instants), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(events, windows, async (spends, bounds) => {
        const { partition, sumOf } = await project(spends);
        for (const account of ACCOUNTS) {
          for (const [since, until] of bounds.map((pair) => [...pair].sort(ascending))) {
            expect(await spent(partition, account, since, until)).toBe(
              sumOf(account, since!, until!),
            );
          }
        }
      }),
      propertyOptions(40),
    );
  });

  it('is so in every window of seven minutes that begins at 00:03, and in all of them together', async () => {
    const minutes = Array.from({ length: 120 }, (_, n) => BigInt(n));
    const { partition, sumOf } = await project(
      minutes.map((minute) => ({
        time: NOON + minute * MINUTE - (minute % 3n),
        amount: formatMoney(10n ** minute % 10n ** 15n),
        corrected: minute % 5n === 0n ? formatMoney(minute) : undefined,
        labels: LABELS[Number(minute) % LABELS.length],
      })),
    );
    for (const account of ACCOUNTS) {
      let sum = 0n;
      for (let since = NOON - 4n * MINUTE; since < NOON + 125n * MINUTE; since += 7n * MINUTE) {
        const found = await spent(partition, account, since, since + 7n * MINUTE);
        expect(found).toBe(sumOf(account, since, since + 7n * MINUTE));
        sum += found;
      }
      expect(sum).toBe(await spent(partition, account));
    }
  });

  async function project(spends: readonly Spent[]) {
    await emptyProjection(db.database);
    const records = spends.map(({ amount, time, labels }) =>
      spendRecord(ALICE, amount, { time, ...(labels && { labels }) }),
    );
    const corrections = spends.flatMap(({ corrected }, n) =>
      corrected === undefined ? [] : [adjustmentRecord(records[n]!, corrected)],
    );
    const all = logRecords([...records, ...corrections]);
    if (all.length > 0) expect(await projectBatch(db.database, all)).toBe('applied');
    const sumOf = (account: string, since: bigint, until: bigint) =>
      spends
        .filter(({ time }) => since <= time && time < until)
        .filter(({ labels }) => accountsOf(labels).includes(account))
        .reduce((sum, { amount, corrected }) => sum + picoOfDecimal(corrected ?? amount), 0n);
    return { partition: all[0]?.partition ?? 0, sumOf };
  }

  async function spent(
    partition: number,
    account: string,
    since?: bigint,
    until?: bigint,
  ): Promise<bigint> {
    const { rows } = await sql<{ spent: string }>`
      select pool_spent(${partition}, ${account}, ${bound(since, '-infinity')}::timestamptz,
        ${bound(until, 'infinity')}::timestamptz)::text as spent`.execute(db.database.kysely);
    return picoOfDecimal(rows[0]!.spent);
  }
});

interface Spent {
  readonly time: bigint;
  readonly amount: string;
  readonly corrected: string | undefined;
  readonly labels: ReadonlyMap<string, string> | undefined;
}

/** Written out, beside the code that does so. */
function accountsOf(labels: Spent['labels']): string[] {
  const named = [...(labels ?? [])].map(([name, value]) => `${name}/${value}`);
  const written: Readonly<Record<string, string>> = {
    'org/acme': 'label:org/acme',
    'project/a/b': 'label:project/a%2Fb',
    'project/*': 'label:project/%2A',
  };
  return ['ledger', ...named.map((each) => written[each]!)];
}

function bound(instant: bigint | undefined, otherwise: string): string {
  return instant === undefined ? otherwise : formatInstant(instant);
}

function ascending(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

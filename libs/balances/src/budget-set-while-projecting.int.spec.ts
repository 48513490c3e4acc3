import {
  instantOfMillis,
  partitionOfBudget,
  partitionOfScope,
  picoOfDecimal,
  type Account,
  type Instant,
  type Scope,
} from '#libs/ledger';
import type { NewRecord } from '#libs/spend-log';
import {
  budgetRecord,
  createTestDatabase,
  logRecords,
  projectBatch,
  projectionDifferences,
  spendRecord,
  TEST_PARTITIONS,
  workloadSeed,
  type TestDatabase,
} from '#libs/testing';
import { readSnapshot } from './read-snapshot';
import type { Snapshot } from './snapshot';

const ROUNDS = 1000;
const WINDOWS = [
  { type: 'calendar', unit: 'month', zone: 'Europe/Berlin' },
  { type: 'every', duration: 'PT7M', anchor: '2026-04-27T10:01:00Z' },
  { type: 'total' },
];
/** Two users and a budget of which no two are in one partition. */
const ALICE: Scope = { type: 'user', userId: 'alice' };
const BOB: Scope = { type: 'user', userId: 'bob' };
const seed = workloadSeed();

/**
 * A key is used by two users, so that two projectors feed it. While they do, a budget is set on it, by a third one, and
 * its window is changed. Hypothesis: some order of these transactions loses an event for the budget, or counts one twice.
 */
describe(`a budget that is set on a key while its events are applied (FC_SEED=${seed})`, () => {
  let db: TestDatabase;
  const random = randomOf(seed);
  const ends = new Map<number, bigint>();
  const applied: { key: string; partition: number; offset: bigint; time: Instant; pico: bigint }[] =
    [];

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  it(`has the sum of the key's events, in each of ${ROUNDS} rounds`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const key = `key-${round}`;
      const pause = () => new Promise((resolve) => setTimeout(resolve, random(4)));
      const spends = async (scope: Scope) => {
        for (let batch = 0; batch < 2; batch++) {
          await pause();
          await project(spendsOf({ ...scope, keyId: key }, key));
        }
      };
      const sets = async () => {
        const budgetId = budgetIdBeside(key);
        for (let revision = 1; revision <= 2; revision++) {
          await pause();
          const window = WINDOWS[random(WINDOWS.length)];
          await project([budgetRecord(budgetId, revision, { account: `key:${key}`, window })]);
        }
      };
      const reads = async () => {
        for (let n = 0; n < 2; n++) {
          await pause();
          await expectSumOfEvents(key);
        }
      };
      await Promise.all([spends(ALICE), spends(BOB), sets(), reads()]);
      expect(await expectSumOfEvents(key)).toBe(1);
    }
    expect(await projectionDifferences(db.database)).toEqual([]);
  });

  /** Of what the snapshot says that it has. @returns how many budgets there are */
  async function expectSumOfEvents(key: string): Promise<number> {
    const account: Account = { kind: 'key', keyId: key };
    const name = `key:${key}`;
    const snapshot = await readSnapshot(db.database, new Map([[name, account]]), TEST_PARTITIONS);
    const states = snapshot.statesOf(account);
    for (const { window, spentPico } of states) {
      expect([name, spentPico]).toEqual([name, sumOf(snapshot, key, window)]);
    }
    return states.length;
  }

  function sumOf(
    { fences }: Snapshot,
    key: string,
    { start, end }: { start: Instant | null; end: Instant | null },
  ): bigint {
    return applied
      .filter((event) => event.key === key)
      .filter(({ partition, offset }) => offset < fences.get(partition)!.nextOffset)
      .filter(({ time }) => (start === null || start <= time) && (end === null || time < end))
      .reduce((sum, { pico }) => sum + pico, 0n);
  }

  /** Some of now, some of an earlier window. */
  function spendsOf(scope: Scope, key: string): NewRecord[] {
    const partition = partitionOfScope(scope, TEST_PARTITIONS);
    const end = ends.get(partition) ?? 0n;
    return Array.from({ length: 1 + random(3) }, (_, n) => {
      const amount = `${random(1000)}.01`;
      const time = instantOfMillis(Date.now() - random(2) * random(40) * 86_400_000);
      applied.push({ key, partition, offset: end + BigInt(n), time, pico: picoOfDecimal(amount) });
      return spendRecord(scope, amount, { time });
    });
  }

  async function project(records: readonly NewRecord[]): Promise<void> {
    const { partition } = records[0]!;
    const end = ends.get(partition) ?? 0n;
    ends.set(partition, end + BigInt(records.length));
    expect(await projectBatch(db.database, logRecords(records, end))).toBe('applied');
  }
});

function budgetIdBeside(key: string): string {
  const taken = [ALICE, BOB].map((scope) => partitionOfScope(scope, TEST_PARTITIONS));
  for (let n = 0; ; n++) {
    const budgetId = `${key}-${n}`;
    if (!taken.includes(partitionOfBudget(budgetId, TEST_PARTITIONS))) return budgetId;
  }
}

/** Whole numbers below a bound. */
function randomOf(from: number): (below: number) => number {
  let state = from >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

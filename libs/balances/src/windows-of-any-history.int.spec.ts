import fc from 'fast-check';
import {
  scopeAccountsOf,
  formatAccount,
  formatMoney,
  instantOf,
  parseAccount,
  picoOfDecimal,
  printWindowRule,
  type Account,
  type Instant,
  type Window,
  type WindowRule,
} from '#libs/ledger';
import { Database } from '#libs/postgres';
import type { NewRecord } from '#libs/spend-log';
import {
  budgetRecord,
  createTestDatabase,
  emptyProjection,
  logRecords,
  projectBatch,
  projectionDifferences,
  propertyOptions,
  spendRecord,
  TEST_PARTITIONS,
  windowRules,
  type TestDatabase,
} from '#libs/testing';
import { readSnapshot } from './read-snapshot';

const NOW = instantOf('2026-04-27T10:07:00Z');
const MINUTE = 60_000_000n;
const ACCOUNTS = ['key:k', 'user:alice', 'team:ml', 'member:ml/alice'];

/** Close to each other, mostly, and on the edges of days and quarters of an hour: where buckets can be wrong. */
const times: fc.Arbitrary<Instant> = fc.oneof(
  fc.bigInt({ min: -40n, max: 5n }).map((minutes) => NOW + minutes * MINUTE),
  fc
    .tuple(fc.bigInt({ min: -400n, max: 0n }), fc.constantFrom(-1n, 0n, 1n))
    .map(
      ([quarters, micros]) => instantOf('2026-04-27T10:00:00Z') + quarters * 15n * MINUTE + micros,
    ),
  fc.bigInt({ min: -500n, max: 0n }).map((days) => NOW + days * 1440n * MINUTE),
);
const rules: fc.Arbitrary<WindowRule> = fc.oneof(
  fc.constantFrom<WindowRule>(
    { type: 'calendar', unit: 'day', zone: 'Asia/Kathmandu', startHour: 0 },
    { type: 'calendar', unit: 'month', zone: 'UTC', startDay: 1, startHour: 0 },
    { type: 'every', duration: 'PT7M', anchor: instantOf('2026-04-27T10:01:00Z') },
    { type: 'every', duration: 'PT90S', anchor: instantOf('2026-04-27T10:01:00Z') },
    { type: 'total', from: instantOf('2026-04-27T09:59:00.000001Z') },
  ),
  windowRules,
);
/** Few budgets that come and go and change between two windows: what was kept of one must not be taken later. */
const budgets = fc.record({
  account: fc.constantFrom(...ACCOUNTS, 'user:*', 'key:*', 'member:ml/*'),
  windows: fc.tuple(rules, rules),
});
const steps = fc.oneof(
  fc.record({ spends: fc.array(spends(), { minLength: 1, maxLength: 4 }) }),
  fc.record({ budget: fc.nat(2), window: fc.constantFrom(0, 1, undefined) }),
);
const histories = fc.record({
  budgets: fc.tuple(budgets, budgets, budgets),
  /** A projector may leave all or some sums to those who ask. */
  maxWindowSums: fc.constantFrom(0, 1, 500),
  steps: fc.array(steps, { minLength: 4, maxLength: 25, size: 'max' }),
});

function spends() {
  return fc.record({
    scope: fc.constantFrom(
      { type: 'user', userId: 'alice', keyId: 'k' } as const,
      { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' } as const,
      { type: 'team', teamId: 'web', keyId: 'k' } as const,
      { type: 'key', keyId: 'k' } as const,
    ),
    amount: fc.bigInt({ min: 0n, max: 10n ** 15n }).map(formatMoney),
    time: times,
  });
}

describe('the sums of windows', () => {
  let db: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    db = await createTestDatabase();
    const clockOffsetMs = Number(NOW / 1000n) - Date.now();
    database = new Database({ ...db.options, clockOffsetMs });
  });
  afterAll(async () => {
    await database.close();
    await db.drop();
  });

  // Hypothesis: some order of spends and budgets leaves a window's row that is not the sum of its events, and is taken.
  it('are those of their events, whatever the order of spends, budgets and changes', async () => {
    const holds = async (history: History) => {
      await emptyProjection(database, { budgets: true });
      const ledger = new Replay(database, history);
      for (const step of history.steps) {
        await ledger.take(step);
        for (const { name, window, spentPico } of await states(database)) {
          expect([name, spentPico]).toEqual([name, ledger.sumOf(name, window)]);
        }
      }
      expect(await projectionDifferences(database)).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(histories, holds), propertyOptions(60));
  });
});

type History = typeof histories extends fc.Arbitrary<infer T> ? T : never;
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;
type Spent = Extract<Step, { spends: unknown }>['spends'][number];

/** Projects what happens, each step one batch of every partition it is about. */
class Replay {
  private readonly ends = new Map<number, bigint>();
  private readonly spends: Spent[] = [];
  private revision = 0;

  constructor(
    private readonly database: Database,
    private readonly history: Pick<History, 'budgets' | 'maxWindowSums'>,
  ) {}

  async take(step: Step): Promise<void> {
    if ('spends' in step) {
      this.spends.push(...step.spends);
      await this.project(
        step.spends.map(({ scope, amount, time }) => spendRecord(scope, amount, { time })),
      );
      return;
    }
    const { account, windows } = this.history.budgets[step.budget]!;
    const settings =
      step.window === undefined
        ? null
        : { account, limit: '1.00', window: printWindowRule(windows[step.window]) };
    await this.project([budgetRecord(`b${step.budget}`, ++this.revision, settings)]);
  }

  /** The model. */
  sumOf(name: string, { start, end }: Window): bigint {
    return this.spends
      .filter(({ scope }) =>
        scopeAccountsOf(scope).some((account) => formatAccount(account) === name),
      )
      .filter(({ time }) => (start === null || start <= time) && (end === null || time < end))
      .reduce((sum, { amount }) => sum + picoOfDecimal(amount), 0n);
  }

  private async project(records: readonly NewRecord[]): Promise<void> {
    for (const [partition, batch] of Map.groupBy(records, (record) => record.partition)) {
      const end = this.ends.get(partition) ?? 0n;
      expect(
        await projectBatch(this.database, logRecords(batch, end), this.history.maxWindowSums),
      ).toBe('applied');
      this.ends.set(partition, end + BigInt(batch.length));
    }
  }
}

function accounts(): Map<string, Account> {
  return new Map(
    ACCOUNTS.map((name) => {
      const account = parseAccount(name, 'account');
      if (!account.ok) throw new Error(`not an account: ${name}`);
      return [name, account.value];
    }),
  );
}

async function states(database: Database) {
  const snapshot = await readSnapshot(database, accounts(), TEST_PARTITIONS);
  return [...accounts()].flatMap(([name, account]) =>
    snapshot.statesOf(account).map((state) => ({ ...state, name })),
  );
}

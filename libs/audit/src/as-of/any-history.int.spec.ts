import fc from 'fast-check';
import { formatMoney, instantOf, type Instant, type Labels, type Scope } from '#libs/ledger';
import {
  createTestDatabase,
  emptyProjection,
  propertyOptions,
  TEST_PARTITIONS,
  type TestDatabase,
} from '#libs/testing';
import { accountOf } from './asked-ledger.fixture';
import { NaiveLedger, type Step } from './naive-ledger.fixture';
import { readBalanceAsOf } from './read-balance-as-of';

const NOON = instantOf('2026-04-10T12:00:00Z');
const MINUTE = 60_000_000n;
const ACCOUNTS = [
  ...['key:k', 'user:alice', 'team:ml', 'member:ml/alice', 'person:alice', 'person:bob'],
  ...['label:project/a%2Fb c%25', 'label:project/%2A', 'label:org/x', 'ledger'],
];

const money = fc.bigInt({ min: 0n, max: 10n ** 15n }).map(formatMoney);
/** Few, and a microsecond before and after them: what is at a time is not before it. */
const instants: fc.Arbitrary<Instant> = fc
  .tuple(fc.bigInt({ min: -3n, max: 3n }), fc.constantFrom(-1n, 0n, 1n))
  .map(([quarters, micros]) => NOON + quarters * 11n * 60n * MINUTE + micros);
const scopes: fc.Arbitrary<Scope> = fc.constantFrom<Scope>(
  { type: 'user', userId: 'alice', keyId: 'k' },
  { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' },
  { type: 'team', teamId: 'ml', userId: 'bob' },
  { type: 'team', teamId: 'ops', userId: 'alice' },
  { type: 'team', teamId: 'ml' },
  { type: 'key', keyId: 'k' },
);
const labels: fc.Arbitrary<Labels | undefined> = fc.constantFrom(
  undefined,
  new Map([['org', 'x']]),
  new Map([['project', 'a/b c%']]),
  new Map([
    ['org', 'x'],
    ['project', '*'],
  ]),
);
const settings = fc.record({
  account: fc.constantFrom(...ACCOUNTS, 'user:*', 'key:*', 'member:ml/*'),
  window: fc.constantFrom<object>(
    { type: 'total' },
    { type: 'total', from: '2026-04-10T12:00:00Z' },
    { type: 'calendar', unit: 'day', zone: 'Europe/Berlin' },
    { type: 'calendar', unit: 'month', zone: 'UTC' },
    { type: 'every', duration: 'PT7M', anchor: '2026-04-10T12:01:00Z' },
  ),
  validUntil: fc.option(instants, { nil: undefined }),
});
const orNone = { nil: undefined };
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('spend' as const),
      scope: scopes,
      labels,
      amount: fc.option(money, { ...orNone, freq: 3 }),
      time: instants,
      recordedAt: instants,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('correction' as const),
      of: fc.nat(),
      stated: fc.oneof(money, fc.constant('reverse' as const)),
      recordedAt: instants,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('budget' as const),
      id: fc.constantFrom('a', 'b', 'c'),
      settings: fc.option(settings, { nil: null, freq: 4 }),
      recordedAt: instants,
    }),
  },
);
const questions = fc.record({
  name: fc.constantFrom(...ACCOUNTS, 'user:bob'),
  at: instants,
  knownAt: fc.option(instants, { ...orNone, freq: 3 }),
});
const histories = fc.record({
  before: fc.array(steps, { maxLength: 15, size: 'max' }),
  after: fc.array(steps, { maxLength: 8, size: 'max' }),
  questions: fc.array(questions, { minLength: 6, maxLength: 10 }),
});

describe('any history', () => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createTestDatabase();
  });
  afterAll(() => db.drop());

  // Hypothesis: some order of late events, corrections and changes of budgets gives an answer that is not the sum of the
  // entries of its time that were known at its time, or one that more events change.
  it('is told as it was known, and so for ever once its partitions have come so far', async () => {
    const holds = async (history: typeof histories extends fc.Arbitrary<infer T> ? T : never) => {
      await emptyProjection(db.database, { budgets: true });
      const ledger = new NaiveLedger(db.database);
      await ledger.take(history.before);
      // All questions are about times before this.
      await ledger.mark(NOON + 100n * 60n * MINUTE);
      const answers = await askAll(history.questions);
      expect(answers).toEqual(history.questions.map((question) => ledger.answer(question)));
      await ledger.take(history.after);
      const later = await askAll(history.questions);
      expect(later).toEqual(history.questions.map((question) => ledger.answer(question)));
      history.questions.forEach(({ knownAt }, n) => {
        if (knownAt !== undefined) expect(later[n]).toEqual(answers[n]);
      });
    };
    await fc.assert(fc.asyncProperty(histories, holds), propertyOptions(50));
  });

  const askAll = (asked: readonly { name: string; at: Instant; knownAt: Instant | undefined }[]) =>
    Promise.all(
      asked.map(async ({ name, ...question }) => {
        const account = accountOf(name);
        const reading = await readBalanceAsOf(db.database, account, TEST_PARTITIONS, question);
        if (reading.outcome !== 'read') throw new Error(`the reading is ${reading.outcome}`);
        const { spentAllTimePico, unpriced, budgets } = reading.balance;
        return {
          spentAllTimePico,
          unpriced,
          budgets: budgets.map(({ budget, spentPico, window }) => ({
            budget,
            spentPico,
            window,
          })),
        };
      }),
    );
});

import fc from 'fast-check';
import { explainDecision } from '#libs/audit';
import {
  createTestDatabase,
  LedgerProcess,
  propertyOptions,
  TEST_PARTITIONS,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';

const SCOPES = [
  { type: 'user', userId: 'alice', keyId: 'k' },
  { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' },
  { type: 'team', teamId: 'ml', userId: 'bob' },
  { type: 'key', keyId: 'k' },
];
const ACCOUNTS = ['user:alice', 'team:ml', 'member:ml/alice', 'key:k', 'key:*'];
const WINDOWS = [{ type: 'total' }, { type: 'calendar', unit: 'day', zone: 'Asia/Kathmandu' }];

const steps = fc.record({
  does: fc.constantFrom(
    'hold',
    'hold',
    'settle',
    'release',
    'spend',
    'correct',
    'check',
    'check',
    'budget',
  ),
  scope: fc.constantFrom(...SCOPES),
  account: fc.constantFrom(...ACCOUNTS),
  window: fc.constantFrom(...WINDOWS),
  amount: fc.constantFrom('0.00', '0.01', '3.00', '20.00'),
  which: fc.nat(),
});
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** Each number of each decision comes out of what is on record, whatever was held, settled, spent, corrected and set before and after. */
describe('decisions of a busy ledger', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({
      env: { DATABASE_URL: db.url, RECORD_DECISIONS: 'all' },
    });
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('are derived once more to the same numbers', async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 30, maxLength: 60 }), async (history) => {
        const ids = await play(history);
        told += ids.length;
        for (const id of ids) expect(await verdicts(id)).toEqual([]);
      }),
      propertyOptions(4),
    );
    expect(told).toBeGreaterThan(10);
  });

  it('never seem to differ where requests overlap', async () => {
    const history = fc.sample(steps, propertyOptions(300));
    const ids = await Promise.all(
      Array.from({ length: 10 }, (_, n) => play(history.slice(30 * n, 30 * n + 30))),
    );
    for (const id of ids.flat()) {
      expect((await verdicts(id)).filter((verdict) => verdict.includes('differs'))).toEqual([]);
    }
  });

  /** @returns the ids of the decisions that it was told */
  async function play(history: readonly Step[]): Promise<string[]> {
    const { http } = ledger;
    const ids: string[] = [];
    const holds: string[] = [];
    const spends: { source: string; id: string }[] = [];
    for (const { does, scope, account, window, amount, which } of history) {
      const hold = holds[which % Math.max(1, holds.length)];
      const spend = spends[which % Math.max(1, spends.length)];
      switch (does) {
        case 'hold': {
          const { status, body } = await http.hold(scope, amount);
          if (status === 201) holds.push(body.holdId);
          ids.push(body.decision?.decisionId);
          break;
        }
        case 'settle':
          if (hold !== undefined) await http.settle(hold, amount);
          break;
        case 'release':
          if (hold !== undefined) await http.release(hold);
          break;
        case 'spend': {
          const time = new Date().toISOString();
          const { body } = await http.record(scope, amount, { time });
          spends.push({ source: body.source, id: body.id });
          break;
        }
        case 'correct':
          if (spend) await http.correct(spend, { kind: 'amend', amount, reason: 'a test' });
          break;
        case 'check':
          ids.push((await http.check(scope, { estimate: amount })).body.decisionId);
          break;
        case 'budget': {
          const id = `${account.replaceAll(/[^a-z]/g, '-')}${which % 3}`;
          await http.setBudget(id, account, amount, { window });
        }
      }
    }
    return ids.filter((id) => typeof id === 'string');
  }

  /** What of a decision does not agree. */
  async function verdicts(decisionId: string): Promise<string[]> {
    const find = () =>
      explainDecision(db.database, decisionId, { partitions: TEST_PARTITIONS, most: 5 });
    await waitUntil('the decision is kept', async () => (await find()) !== undefined);
    const { budgets } = (await find())!;
    return budgets.flatMap(({ budgetId, account, ...numbers }) =>
      (['limit', 'windowThen', 'spent', 'held'] as const).flatMap((name) => {
        const { decided, derived, verdict, doubts } = numbers[name];
        if (verdict === 'agrees') return [];
        const said = { budgetId, account, name, verdict, decided, derived, doubts };
        const text = (_name: string, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value;
        return [JSON.stringify(said, text)];
      }),
    );
  }
});

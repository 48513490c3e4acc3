import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import {
  scopeAccountsOf,
  decide,
  formatAccount,
  formatInstant,
  instantOf,
  partitionOfScope,
  picoOfDecimal,
  type Scope,
} from '#libs/ledger';
import {
  budgetRecord,
  createTestDatabase,
  openTestLog,
  projectLog,
  spendRecord,
  TEST_PARTITIONS,
  TestClock,
  type TestDatabase,
} from '#libs/testing';
import { eventKeyOf } from '#libs/wire';
import { printStatus, readSnapshot } from '#libs/balances';
import { explainDecision, type ExplainedBudget } from './explain-decision';

const ALICE: Scope = { type: 'user', userId: 'alice' };
const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };
const NOW = instantOf('2026-04-27T10:00:00Z');
const MINUTE = 60_000_000n;

describe('explaining a decision', () => {
  let db: TestDatabase;
  let clock: TestClock;

  beforeEach(async () => {
    db = await createTestDatabase();
    clock = await TestClock.of(db.database, '2026-04-27T10:00:00Z');
  });
  afterEach(() => db.drop());

  it('derives its numbers from what its position had, whatever came later', async () => {
    await record(
      budgetRecord('total', 1, { account: 'user:alice', limit: '100.00' }),
      budgetRecord('month', 1, { account: 'user:alice', limit: '50.00', window: MONTH }),
      spendRecord(ALICE, '1.00', { time: instantOf('2026-03-31T00:00:00Z') }),
      spendRecord(ALICE, '20.00', { id: 'before' }),
    );
    const decisionId = await decideNow();
    await record(
      spendRecord(ALICE, '300.00'),
      budgetRecord('month', 2, { account: 'user:alice', limit: '7.00' }),
      budgetRecord('total', 2, null),
    );
    const [month, total] = (await explained(decisionId)).budgets as [
      ExplainedBudget,
      ExplainedBudget,
    ];
    expect(verdicts(month)).toEqual(['agrees', 'agrees', 'agrees', 'agrees']);
    expect(verdicts(total)).toEqual(['agrees', 'agrees', 'agrees', 'agrees']);
    expect(month).toMatchObject({ revision: 1, entryCount: 1, entries: [{ id: 'before' }] });
    expect(total).toMatchObject({ entryCount: 2 });
  });

  it.each([
    ['spent', 'spent'],
    ['limit', 'limit'],
    ['held', 'held'],
    ['window', 'windowThen'],
  ] as const)('says that its %s differs from what is on record', async (member, name) => {
    await record(
      budgetRecord('month', 1, { account: 'user:alice', window: MONTH }),
      spendRecord(ALICE, '20.00'),
    );
    const decisionId = await decideNow();
    const wrong = member === 'window' ? { start: null, end: '2027-01-01T00:00:00Z' } : '20.01';
    await sql`
      update kept_decision set document = jsonb_set(document::jsonb, ${`{budgets,0,${member}}`}::text[],
        ${JSON.stringify(wrong)}::jsonb)`.execute(db.database.kysely);
    const { agrees, budgets } = await explained(decisionId);
    expect(agrees).toBe(false);
    expect(budgets[0]![name]).toMatchObject({ verdict: 'differs', doubts: [] });
  });

  describe('what was held', () => {
    beforeEach(() => record(budgetRecord('b', 1, { account: 'user:alice' })));

    it.each<[string, string, Partial<HoldRow>]>([
      ['lives', '3.00', {}],
      ['is of another user', '0.00', { user_id: 'bob' }],
      ['has expired', '0.00', { expires_at: at(0n) }],
      ['expires later', '3.00', { expires_at: at(1_000_000n) }],
      ['was released', '0.00', { state: 'released', ended_at: at(-MINUTE) }],
      ['was released later', '3.00', { state: 'released', ended_at: at(1n) }],
      ['was settled and is not spent', '2.00', settled(-MINUTE)],
      ['was settled late', '2.00', { ...settled(-MINUTE), expires_at: at(-2n * MINUTE) }],
      ['was settled later', '3.00', settled(1n)],
      ['began later', '0.00', { created_at: at(1n) }],
      ['has an unknown cost', '0.00', { ...settled(-MINUTE), actual: null }],
    ])('of one that %s is %s', async (_what, held, given) => {
      const decisionId = await decideNow('0.00');
      await hold(given);
      const [budget] = (await explained(decisionId)).budgets;
      expect(budget!.held.derived).toBe(picoOfDecimal(held));
    });

    it('of one whose event the position has is nothing', async () => {
      const spend = spendRecord(ALICE, '2.00', { source: 'ledger/holds', id: 'h' });
      const before = await decideNow('0.00');
      await record(spend);
      const after = await decideNow('0.00');
      await hold(settled(-MINUTE));
      const derived = async (id: string) => (await explained(id)).budgets[0]!.held.derived;
      expect([await derived(before), await derived(after)]).toEqual([picoOfDecimal('2.00'), 0n]);
    });

    it('is not said to differ where holds may have been extended, were at work, or are forgotten', async () => {
      const decisionId = await decideNow('5.00');
      const held = async () => (await explained(decisionId)).budgets[0]!.held;
      expect(await held()).toMatchObject({ verdict: 'differs' });
      await hold({ created_at: at(-1n), state: 'released', ended_at: at(0n) });
      expect(await held()).toMatchObject({
        verdict: 'unknown',
        doubts: ['1 of the holds began or ended within the 5 seconds before it'],
      });
      await sql`delete from hold`.execute(db.database.kysely);
      await hold({ amount: '3.00' });
      expect((await held()).doubts).toEqual([
        '1 of the holds lived on, and may have been extended since',
      ]);
      await sql`delete from hold`.execute(db.database.kysely);
      await clock.advance(31n * 1440n * MINUTE);
      expect((await held()).doubts).toEqual([
        'holds that ended more than 30 days ago may be forgotten',
      ]);
      expect((await explained(decisionId)).agrees).toBe(true);
    });
  });

  it('knows a decision that is kept beside its hold only, and no other', async () => {
    await record(budgetRecord('b', 1, { account: 'user:alice' }), spendRecord(ALICE, '1.00'));
    const decisionId = randomUUID();
    const decision = JSON.stringify(await decideOn(), (_name, value: unknown) =>
      typeof value === 'bigint' ? { $int: String(value) } : value,
    );
    await hold({ decision_id: decisionId, decision });
    const { agrees, budgets } = await explained(decisionId);
    expect(agrees).toBe(true);
    // Its own money is not in what it shows as held.
    expect(budgets[0]).toMatchObject({ spent: { derived: picoOfDecimal('1.00') }, heldPico: 0n });
    expect(await explainDecision(db.database, randomUUID(), LIMITS)).toBeUndefined();
  });

  async function decideOn() {
    const accounts = new Map(scopeAccountsOf(ALICE).map((one) => [formatAccount(one), one]));
    const snapshot = await readSnapshot(db.database, accounts, TEST_PARTITIONS);
    const states = [...accounts.values()].flatMap((account) => snapshot.statesOf(account));
    return {
      ...decide(states, { estimatePico: undefined, behind: false, unbudgeted: 'allow' }),
      decidedAt: snapshot.now,
      position: snapshot.positionText,
      asOf: snapshot.now,
      lagMs: 0,
      degraded: false,
    };
  }

  /** A kept decision as auth writes it. */
  async function decideNow(held?: string): Promise<string> {
    const decision = await decideOn();
    const decisionId = randomUUID();
    const document = {
      decisionId,
      allowed: decision.allowed,
      message: decision.message,
      degraded: false,
      budgets: decision.budgets.map((judged) => ({
        ...printStatus(judged),
        ...(held !== undefined && { held }),
      })),
      position: decision.position,
      decidedAt: formatInstant(decision.decidedAt),
      scope: ALICE,
      estimate: null,
    };
    await db.database.kysely
      .insertInto('kept_decision')
      .values({
        decision_id: decisionId,
        decided_at: formatInstant(decision.decidedAt),
        last_decided_at: formatInstant(decision.decidedAt),
        count: 1n,
        document: JSON.stringify(document) as never,
      })
      .execute();
    return decisionId;
  }

  const LIMITS = { partitions: TEST_PARTITIONS, most: 10 };
  const explained = async (id: string) => (await explainDecision(db.database, id, LIMITS))!;

  async function hold(given: Partial<HoldRow>): Promise<void> {
    await db.database.kysely
      .insertInto('hold')
      .values({ ...LIVING, ...given } as never)
      .execute();
  }

  async function record(...records: Parameters<ReturnType<typeof openTestLog>['append']>[0]) {
    const log = openTestLog(db.database);
    await log.append(records);
    await log.close();
    await projectLog(db.database);
  }
});

type HoldRow = Record<string, string | boolean | number | null>;

/** Three of alice's money, set aside an hour before now, for two. */
const LIVING: HoldRow = {
  partition: partitionOfScope(ALICE, TEST_PARTITIONS),
  hold_id: randomUUID(),
  scope_type: 'user',
  user_id: 'alice',
  amount: '3.00',
  created_at: at(-60n * MINUTE),
  expires_at: at(60n * MINUTE),
  caller: 'test',
};

function settled(after: bigint): HoldRow {
  return {
    state: 'settling',
    ended_at: at(after),
    actual: '2.00',
    basis: 'exact',
    late: false,
    settled_source: 'ledger/holds',
    settled_id: 'h',
    settled_key: eventKeyOf({ source: 'ledger/holds', id: 'h' }),
  };
}

function at(after: bigint): string {
  return formatInstant(NOW + after);
}

function verdicts({ limit, windowThen, spent, held }: ExplainedBudget): string[] {
  return [limit, windowThen, spent, held].map(({ verdict }) => verdict);
}

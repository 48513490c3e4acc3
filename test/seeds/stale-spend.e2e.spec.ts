import { positionOf, type Answer } from '#libs/testing';
import { ASKS, scopeMessage } from './support/ask';
import { EqualPositions } from './support/equal-positions';
import { clockOffset, LedgerProcesses, type Role } from './support/ledger-processes';
import { SteadyLoad } from './support/steady-load';

/**
 * LiteLLM 1.84.0: team-scoped virtual keys got a BudgetExceededError on failed requests while the management API
 * showed spend below the limit. What the check counted and what the read showed were two numbers.
 */
const AUTHS = ['auth', 'second auth'] as const;
const ALL = ['ingest', 'projector', ...AUTHS] as const;
const KEY = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' } as const;
const COLLEAGUE = { type: 'team', teamId: 'ml', userId: 'bob', keyId: 'key-8' };
const MONTH = { window: { type: 'calendar', unit: 'month', zone: 'UTC' } };
const ACCOUNTS = {
  'key-7-month': 'key:key-7',
  'ml-month': 'team:ml',
  'alice-total': 'member:ml/alice',
};
const BUDGETS = Object.keys(ACCOUNTS);
const TIME = '2026-05-12T09:00:00Z';
const SAMPLES = 10_000;
const ASKERS = 48;
/** Of answers; more would mean that they hardly ever stand at equal positions. */
const MOST_ANSWERS = 20 * SAMPLES;

describe('stale spend, on Kafka: team-scoped keys below their budget are allowed', () => {
  const ledger = new LedgerProcesses('Kafka', {
    CLOCK_OFFSET: clockOffset('2026-05-12T10:00:00Z'),
  });

  beforeAll(async () => {
    await ledger.start(ALL);
    await setBudget('key-7-month', '10.00', MONTH);
    await setBudget('ml-month', '100.00', MONTH);
    await setBudget('alice-total', '50.00');
    await spend(KEY, '4.00');
  });

  afterAll(() => ledger.remove());

  it('at once after calls that failed: nothing of them is recorded or held', async () => {
    for (let call = 0; call < 20; call++) {
      // Two of them would not fit, and the gateway reports neither.
      for (const { allowed } of await checkAtEach({ estimate: '5.00' })) expect(allowed).toBe(true);
    }
    expect(await ledger.http('ingest').record(KEY, '-5.00')).toMatchObject({ status: 400 });
    await expectAllowedAtEach('4.00');
    for (const auth of AUTHS) {
      const { body: check } = await ledger.http(auth).check(KEY);
      const { body: read } = await ledger.http(auth).balance('key:key-7');
      expect(read).toMatchObject({
        spentAllTime: '4.00',
        held: '0.00',
        unpriced: 0,
        budgets: [{ spent: '4.00', held: '0.00', remaining: '6.00' }],
      });
      expect(check.budgets).toContainEqual(read.budgets[0]);
    }
  });

  it.each<[Role, NodeJS.Signals]>([
    ['auth', 'SIGKILL'],
    ['second auth', 'SIGTERM'],
    ['projector', 'SIGTERM'],
  ])('at once after a restart of %s by %s', async (role, signal) => {
    await ledger.stop(signal, [role]);
    await ledger.start([role]);
    await expectAllowedAtEach('4.00');
  });

  it('with the next check of each auth after a raise', async () => {
    await spend(KEY, '6.00');
    for (const decision of await checkAtEach()) {
      expect(decision).toMatchObject({ allowed: false, blockedBy: 'key-7-month' });
    }
    await setBudget('key-7-month', '20.00', MONTH);
    await expectAllowedAtEach('10.00', '20.00');
  });

  it('but not when their team is over: it is named, and they are not', async () => {
    await spend(COLLEAGUE, '95.00');
    for (const decision of await checkAtEach()) {
      expect(decision).toMatchObject({
        allowed: false,
        blockedBy: 'ml-month',
        resetsAt: '2026-06-01T00:00:00Z',
        message:
          'Budget has been exceeded! Team=ml Current cost: 105.00, Max budget: 100.00, Reset At: 2026-06-01T00:00:00Z',
        budgets: expect.arrayContaining([
          expect.objectContaining({ budgetId: 'key-7-month', spent: '10.00', verdict: 'ok' }),
          expect.objectContaining({ budgetId: 'ml-month', verdict: 'exceeded' }),
        ]),
      });
    }
    for (const auth of AUTHS) {
      const request = { scope: scopeMessage(KEY) };
      const { decision } = await ledger.grpc(auth).call('BudgetService', 'Check', request);
      expect(decision).toMatchObject({ allowed: false, blocked_by: 'ml-month' });
    }
  });

  it('what the check counts is what the read shows, and the sum of the events', async () => {
    const calls = [
      { scope: KEY, time: TIME, budgets: BUDGETS },
      { scope: KEY, time: '2026-04-27T10:00:00Z', budgets: ['alice-total'] },
      { scope: COLLEAGUE, time: TIME, budgets: ['ml-month'] },
      // The same key, not for the team: in another partition.
      { scope: { ...KEY, teamId: 'ops' }, time: TIME, budgets: ['key-7-month'] },
    ];
    const before = { 'key-7-month': '10.00', 'ml-month': '105.00', 'alice-total': '10.00' };
    const load = new SteadyLoad(ledger.http('ingest'), calls, before);
    const sampled = new EqualPositions();
    await Promise.all(Array.from({ length: ASKERS }, (_, n) => sample(sampled, n))).finally(() =>
      load.end(),
    );
    expect(sampled.differences).toEqual([]);
    expect(sampled.compared).toBeGreaterThanOrEqual(SAMPLES);
    let positions = 0;
    for (const [position, budgets] of sampled.spent()) {
      positions++;
      const sums = load.spentAt(position);
      expect([position, budgets]).toEqual([position, budgets.map(([id]) => [id, sums.get(id)])]);
    }
    expect(positions).toBeGreaterThan(100);
  });

  it('at the first check after a window that ended while everything was down', async () => {
    expect(await ledger.stop()).toEqual(ALL.map(() => 0));
    await ledger.start(ALL, { CLOCK_OFFSET: clockOffset('2026-06-01T00:00:00Z', 1) });
    await expectAllowedAtEach('0.00', '20.00');
  });

  async function sample(sampled: EqualPositions, first: number): Promise<void> {
    const accounts = Object.values(ACCOUNTS);
    for (let n = first; sampled.compared < SAMPLES && sampled.answers < MOST_ANSWERS; n++) {
      const [auth, other] = n % 2 === 0 ? AUTHS : [AUTHS[1], AUTHS[0]];
      const [check, read] = [
        await ledger.http(auth).check(KEY),
        await ledger.http(other).balance(accounts[n % accounts.length]!),
      ];
      expect([check.status, read.status]).toEqual([200, 200]);
      sampled.add('check', check.body);
      sampled.add('read', read.body);
    }
  }

  async function checkAtEach(more: object = {}): Promise<Answer['body'][]> {
    const answers = await Promise.all(AUTHS.map((auth) => ledger.http(auth).check(KEY, more)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    return answers.map(({ body }) => body);
  }

  /** With all three budgets told, whichever door asks. */
  async function expectAllowedAtEach(spent: string, limit = '10.00'): Promise<void> {
    for (const auth of AUTHS) {
      for (const ask of Object.values(ASKS)) {
        const told = await ask(ledger, auth, KEY);
        expect(told).toMatchObject({ allowed: true, blockedBy: null, message: '' });
        expect(told!.budgets.map(([id]) => id)).toEqual([...BUDGETS].sort());
        expect(told!.budgets).toContainEqual(['key-7-month', spent, limit, 'ok']);
      }
    }
  }

  async function setBudget(id: keyof typeof ACCOUNTS, limit: string, more: object = {}) {
    const { body } = await ledger.http('ingest').setBudget(id, ACCOUNTS[id], limit, more);
    expect(body.applied).toBe(true);
  }

  /** Recorded, and in force for every check that follows. */
  async function spend(scope: object, amount: string): Promise<void> {
    const recorded = await ledger.http('ingest').record(scope, amount, { time: TIME });
    expect(recorded.status).toBe(201);
    for (const auth of AUTHS)
      await ledger.http(auth).check(scope, { minPosition: positionOf([recorded]) });
  }
});

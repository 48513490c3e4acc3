import type { Answer } from '#libs/testing';
import type { Decided } from './support/check-doors';
import { WarnedLedger, type Warned } from './support/warned-ledger';

/**
 * `Cost tracking budget exceeded: current usage 105% of limit 100 USD`: nobody was warned, the check came after the
 * money, and to "immediately resume" one had to know that a raise counts at once.
 */
const [APRIL, MAY] = ['2026-04-01T00:00:00Z', '2026-05-01T00:00:00Z'];
const MONTH = { type: 'calendar', unit: 'month', zone: 'UTC' };
const WARN_AT = ['0.8', '1'];
const BOTH: Warned[] = [
  ['0.8', '100.00', APRIL],
  ['1', '100.00', APRIL],
];
/** A group of Kafka's misses a killed projector after this long. */
const SESSION_MS = 10_000;

type Change = (budgetId: string, account: string) => Promise<Answer>;
interface Way {
  readonly name: string;
  readonly change: Change;
  readonly limits: readonly (string | null)[];
  readonly warned: readonly Warned[];
}

describe('105 % of 100 USD, on Kafka', () => {
  let ledger: WarnedLedger;
  /** What a start takes on this machine. */
  let startMs: number;

  const WAYS: Way[] = [
    {
      name: 'raised',
      change: (budgetId, account) => put(budgetId, account, '125'),
      limits: ['125.00'],
      warned: [...BOTH, ['0.8', '125.00', APRIL]],
    },
    {
      name: 'unlimited',
      change: (budgetId, account) => put(budgetId, account, null),
      limits: [null],
      warned: BOTH,
    },
    {
      name: 'removed',
      change: (budgetId) => ledger.ingest.request('DELETE', `/v1/budgets/${budgetId}`),
      limits: [],
      warned: BOTH,
    },
  ];

  beforeAll(async () => {
    ledger = await WarnedLedger.prepare();
    const begin = performance.now();
    await ledger.startAt(MAY, -3_600_000);
    startMs = performance.now() - begin;
  });

  afterAll(() => ledger.remove());

  it('is warned of once at 80 and once at 100 %, though the projector is killed in between', async () => {
    await setBudget('alice', '100');
    await setBudget('bob', '100');
    for (const [amount, warning] of [
      ['50', null],
      ['29.99', null],
      ['0.01', '0.8'],
    ] as const) {
      const position = await ledger.spend('alice', [amount]);
      await expectAllowed('alice', { limit: '100.00', warning }, position);
    }
    await ledger.untilDelivered('alice', 1);
    expect(ledger.received('alice')).toEqual(BOTH.slice(0, 1));

    const jump = [await ledger.spend('bob', ['70'])];
    await ledger.kill('projector');
    const position = await ledger.spend('alice', ['10', '9.999999999999']);
    jump.push(await ledger.spend('bob', ['50']));
    await ledger.start('projector');
    await ledger.untilProjected('alice', position);
    await expectAllowed('alice', { spent: '99.999999999999', warning: '0.8' });
    const full = await ledger.spend('alice', ['0.000000000001']);
    await expectRefused('alice', '100.00', full);
    await expectWarned('alice', BOTH);

    await ledger.untilProjected('bob', jump.join());
    await expectRefused('bob', '120.00');
    await expectWarned('bob', BOTH);
  });

  it('is stopped at 100 %, whatever was still under way when it got there', async () => {
    const late = await ledger.spend('alice', ['5']);
    await expectRefused('alice', '105.00', late);
    for (const { status, headers, body } of await ledger.doors.authorize('alice')) {
      expect([status, body.code, body.detail]).toEqual([
        429,
        'budget_exceeded',
        refusal('alice', '105.00'),
      ]);
      const waitMs = Date.parse(MAY) - Date.parse(body.decision.decidedAt);
      expect(headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1000)));
      expect(headers.get('x-should-retry')).toBe('false');
    }
    await expectWarned('alice', BOTH);
  });

  it.each(WAYS)('works with the very next call once it is $name', async (way) => {
    const { name, change, limits, warned } = way;
    await exhaust(name);
    // Of a limit that is raised before anybody has looked nothing is warned.
    await expectWarned(name, BOTH);
    const { status, body } = await change(`${name}-month`, `user:${name}`);
    expect([status, body.applied]).toEqual([200, true]);
    const [decided, authorized] = await Promise.all([
      ledger.doors.ask(name),
      ledger.doors.authorize(name),
    ]);
    expect(authorized.map((answer) => answer.status)).toEqual([200, 200]);
    for (const one of decided) {
      expect(one).toMatchObject({ allowed: true, message: '', resetsAt: null, degraded: false });
      expect(one.budgets.map(({ limit }) => limit)).toEqual(limits);
    }
    await expectWarned(name, warned);
  });

  it('stops and works again with each next call, as often as it is lowered and raised', async () => {
    await exhaust('carol');
    for (let round = 0; round < 5; round++) {
      await setBudget('carol', '105.01');
      await expectAllowed('carol', { limit: '105.01', spent: '105.00' });
      await setBudget('carol', '100');
      await expectRefused('carol', '105.00');
    }
  });

  it('is raised by one of two administrators at once, and the other is told so', async () => {
    await exhaust('dave');
    let etag = (await ledger.auths[0]!.get('/v1/budgets/dave-month')).headers.get('etag')!;
    for (let round = 1; round <= 5; round++) {
      const raises = [`${round}10`, `${round}20`];
      const answers = await Promise.all(
        raises.map((limit) => put('dave-month', 'user:dave', limit, { 'if-match': etag })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
      const loser = answers.find(({ status }) => status === 412)!;
      expect(loser.body.code).toBe('etag_mismatch');
      const winner = answers.find(({ status }) => status === 200)!;
      expect(winner.body.applied).toBe(true);
      await expectAllowed('dave', { limit: `${raises[answers.indexOf(winner)]}.00` });
      etag = winner.headers.get('etag')!;
    }
  });

  it('works from resetsAt on and not before, and then warns anew', async () => {
    await exhaust('waiting');
    await expectWarned('waiting', BOTH);
    await ledger.killAll();
    await ledger.startAt(MAY, -(startMs + SESSION_MS));
    const decided: Decided[] = [];
    for (let reset = false; !reset;) {
      const round = await ledger.doors.ask('waiting');
      decided.push(...round);
      reset = round.every(({ decidedAt }) => decidedAt >= Date.parse(MAY));
    }
    for (const one of decided) {
      if (one.decidedAt < Date.parse(MAY)) expectRefusal(one, 'waiting', '105.00');
      else expectAllowance(one, { windowStart: MAY, spent: '0.00', warning: null });
    }
    for (const { status } of await ledger.doors.authorize('waiting')) expect(status).toBe(200);
    const position = await ledger.spend('waiting', ['80'], { time: MAY });
    await expectAllowed('waiting', { windowStart: MAY, warning: '0.8' }, position);
    await expectWarned('waiting', [...BOTH, ['0.8', '100.00', MAY]]);
  });

  it('was warned of no more, by messages that are all signed', async () => {
    await expectWarned('alice', BOTH);
    await expectWarned('bob', BOTH);
    for (const { name, warned } of WAYS) await expectWarned(name, warned);
    expect(ledger.receiver.forged).toEqual([]);
  });

  function put(
    budgetId: string,
    account: string,
    limit: string | null,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const body = { account, limit, window: MONTH, warnAt: WARN_AT };
    const all = { 'content-type': 'application/json', ...headers };
    return ledger.ingest.request('PUT', `/v1/budgets/${budgetId}`, body, all);
  }

  async function setBudget(userId: string, limit: string): Promise<void> {
    const { body } = await put(`${userId}-month`, `user:${userId}`, limit);
    expect(body).toMatchObject({ applied: true });
  }

  /** The call that is allowed at 96 % takes it to 105. */
  async function exhaust(userId: string): Promise<void> {
    await setBudget(userId, '100');
    await expectAllowed(userId, { warning: '0.8' }, await ledger.spend(userId, ['96']));
    await expectRefused(userId, '105.00', await ledger.spend(userId, ['9']));
  }

  async function expectAllowed(
    userId: string,
    budget: Partial<Decided['budgets'][number]>,
    minPosition?: string,
  ): Promise<void> {
    for (const one of await ledger.doors.ask(userId, minPosition)) expectAllowance(one, budget);
  }

  async function expectRefused(userId: string, spent: string, minPosition?: string): Promise<void> {
    for (const one of await ledger.doors.ask(userId, minPosition))
      expectRefusal(one, userId, spent);
  }

  /** In both auths' lists, and at the receiver: these and no others. */
  async function expectWarned(userId: string, warned: readonly Warned[]): Promise<void> {
    await ledger.untilDelivered(userId, warned.length);
    expect(ledger.received(userId)).toEqual([...warned].sort());
    for (const list of await ledger.kept(userId)) expect(list).toEqual([...warned].sort());
  }
});

function expectAllowance(one: Decided, budget: Partial<Decided['budgets'][number]>): void {
  const allowed = { allowed: true, message: '', blockedBy: null, resetsAt: null, degraded: false };
  expect(one).toMatchObject({ ...allowed, budgets: [budget] });
}

function expectRefusal(one: Decided, userId: string, spent: string): void {
  expect(one).toMatchObject({
    allowed: false,
    blockedBy: `${userId}-month`,
    message: refusal(userId, spent),
    resetsAt: MAY,
    degraded: false,
    budgets: [{ limit: '100.00', spent, warning: '1' }],
  });
}

function refusal(userId: string, spent: string): string {
  return `Budget has been exceeded! User=${userId} Current cost: ${spent}, Max budget: 100.00, Reset At: ${MAY}`;
}

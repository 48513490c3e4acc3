import type { Answer } from '#libs/testing';
import { clockOffset, LedgerProcesses, type Role } from './support/ledger-processes';
import { PERSONAL, replayReport } from './support/report-26239';

const BUDGET = 'alice-personal-200';

interface Place {
  readonly log: 'Postgres' | 'Kafka';
  readonly roles: readonly Role[];
  readonly zone: string;
  /** The first instants of May, June and July. */
  readonly may: string;
  readonly june: string;
  readonly july: string;
}
const UTC = {
  zone: 'UTC',
  may: '2026-05-01T00:00:00Z',
  june: '2026-06-01T00:00:00Z',
  july: '2026-07-01T00:00:00Z',
};
const BERLIN = {
  zone: 'Europe/Berlin',
  may: '2026-04-30T22:00:00Z',
  june: '2026-05-31T22:00:00Z',
  july: '2026-06-30T22:00:00Z',
};
const KATHMANDU = {
  zone: 'Asia/Kathmandu',
  may: '2026-04-30T18:15:00Z',
  june: '2026-05-31T18:15:00Z',
  july: '2026-06-30T18:15:00Z',
};
const ON_POSTGRES = { log: 'Postgres', roles: ['standalone'] } as const;
const ON_KAFKA = { log: 'Kafka', roles: ['ingest', 'projector', 'auth'] } as const;
const PLACES: readonly Place[] = [
  { ...ON_POSTGRES, ...UTC },
  { ...ON_POSTGRES, ...BERLIN },
  { ...ON_KAFKA, ...UTC },
  { ...ON_KAFKA, ...KATHMANDU },
];

describe.each(PLACES)('#26239 with a budget per month in $zone, on $log', (place) => {
  const { log, roles, zone, may, june, july } = place;
  const ledger = new LedgerProcesses(log);
  let position: string;
  /** What a start takes on this machine. */
  let startMs: number;

  beforeAll(async () => {
    const begin = performance.now();
    await startAt(may, -3600);
    startMs = performance.now() - begin;
    position = await replayReport(ledger.http('ingest'), { type: 'calendar', unit: 'month', zone });
  });

  afterAll(() => ledger.remove());

  it('allows the personal key within the month, and says 11.92', async () => {
    const { body } = await check();
    expect(body).toMatchObject({ allowed: true, message: '', resetsAt: null });
    expect(body.budgets).toMatchObject([
      { budgetId: BUDGET, spent: '11.92', window: { end: may } },
    ]);
  });

  it('refuses it at the limit until the month is over, and says when that is', async () => {
    await spend('188.08', '2026-04-30T17:14:59Z');
    const { body } = await check();
    expectRefused(body, may);
    const refused = await ledger.http('auth').post('/v1/authorize', { scope: PERSONAL });
    expect(refused.status).toBe(429);
    const waitMs = Date.parse(may) - Date.parse(refused.body.decision.decidedAt);
    expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1000)));
    const { decision } = await ledger.grpc('auth').call('BudgetService', 'Check', {
      scope: { user: { user_id: PERSONAL.userId } },
    });
    expect(decision).toMatchObject({
      allowed: false,
      resets_at: { seconds: String(Date.parse(may) / 1000), nanos: 0 },
      message: body.message,
    });
  });

  it('allows it from the first instant of the next month on, and not before', async () => {
    let isBefore = false;
    // Once more, and earlier, if the month was over before the first answer.
    for (let leadMs = 2000 + startMs * 1.2; !isBefore; leadMs *= 2) {
      await ledger.stop();
      await startAt(may, -leadMs / 1000);
      for (;;) {
        const { body } = await check();
        if (Date.parse(body.decidedAt) >= Date.parse(may)) {
          expectAllowed(body, may, june);
          break;
        }
        isBefore = true;
        expectRefused(body, may);
      }
    }
  });

  it('counts a late event in the month it was spent in', async () => {
    await spend('50.00', '2026-04-30T17:14:59Z');
    expectAllowed((await check()).body, may, june);
    const { body } = await ledger.http('auth').balance(`user:${PERSONAL.userId}`, position);
    expect(body).toMatchObject({ spentAllTime: '250.00', budgets: [{ spent: '0.00' }] });
  });

  it('answers right at once after a boundary at which no process was running', async () => {
    await spend('200.00', may);
    expectRefused((await check()).body, june);
    await ledger.stop();
    await startAt(june, 1);
    const { body } = await ledger.http('auth').check(PERSONAL);
    expectAllowed(body, june, july);
  });

  /** Processes whose clock shows a boundary, so many seconds later or earlier, when they are started. */
  const startAt = (boundary: string, seconds: number) =>
    ledger.start(roles, { CLOCK_OFFSET: clockOffset(boundary, seconds) });

  const check = (): Promise<Answer> =>
    ledger.http('auth').check(PERSONAL, { minPosition: position });

  async function spend(amount: string, time: string): Promise<void> {
    const recorded = await ledger.http('ingest').record(PERSONAL, amount, { time });
    expect(recorded.status).toBe(201);
    position = `${position},${recorded.body.position as string}`;
  }
});

function expectRefused(decision: Answer['body'], resetsAt: string): void {
  expect(Date.parse(decision.decidedAt)).toBeLessThan(Date.parse(resetsAt));
  expect(decision).toMatchObject({
    allowed: false,
    blockedBy: BUDGET,
    resetsAt,
    message: `Budget has been exceeded! User=alice Current cost: 200.00, Max budget: 200.00, Reset At: ${resetsAt}`,
  });
}

function expectAllowed(decision: Answer['body'], start: string, end: string): void {
  expect(decision).toMatchObject({ allowed: true, blockedBy: null, resetsAt: null, message: '' });
  expect(decision.budgets).toMatchObject([
    { budgetId: BUDGET, spent: '0.00', remaining: '200.00', window: { start, end } },
  ]);
}

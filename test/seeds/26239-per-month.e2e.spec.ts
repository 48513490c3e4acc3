import { createTestDatabase, LedgerProcess, type Answer, type TestDatabase } from '#libs/testing';
import { PERSONAL, replayReport } from './support/report-26239';

jest.setTimeout(120_000);

const BUDGET = 'alice-personal-200';
/** The first instants of May and of June. */
const ZONES: [zone: string, may: string, june: string][] = [
  ['UTC', '2026-05-01T00:00:00Z', '2026-06-01T00:00:00Z'],
  ['Europe/Berlin', '2026-04-30T22:00:00Z', '2026-05-31T22:00:00Z'],
];

describe.each(ZONES)('#26239 with a budget per month in %s', (zone, may, june) => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let position: string;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    ledger = await startAt(may, -3600);
    position = await replayReport(ledger.http, { type: 'calendar', unit: 'month', zone });
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('allows the personal key within the month, and says 11.92', async () => {
    const { body } = await check();
    expect(body).toMatchObject({ allowed: true, message: '', resetsAt: null });
    expect(body.budgets).toMatchObject([
      { budgetId: BUDGET, spent: '11.92', window: { end: may } },
    ]);
  });

  it('refuses it at the limit until the month is over, and says when that is', async () => {
    await spend('188.08', '2026-04-30T20:59:59Z');
    const { body } = await check();
    expectRefused(body, may);
    const refused = await ledger.http.post('/v1/authorize', { scope: PERSONAL });
    expect(refused.status).toBe(429);
    const waitMs = Date.parse(may) - Date.parse(refused.body.decision.decidedAt);
    expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(waitMs / 1000)));
    const grpc = ledger.grpc();
    const { decision } = await grpc.call('BudgetService', 'Check', {
      scope: { user: { user_id: PERSONAL.userId } },
    });
    grpc.close();
    expect(decision).toMatchObject({
      allowed: false,
      resets_at: { seconds: String(Date.parse(may) / 1000), nanos: 0 },
      message: body.message,
    });
  });

  it('allows it from the first instant of the next month on, and not before', async () => {
    await ledger.stop();
    ledger = await startAt(may, -15);
    for (;;) {
      const { body } = await check();
      if (Date.parse(body.decidedAt) >= Date.parse(may)) {
        expectAllowed(body, may, june);
        break;
      }
      expectRefused(body, may);
    }
  });

  it('counts a late event in the month it was spent in', async () => {
    await spend('50.00', '2026-04-30T20:59:59Z');
    expectAllowed((await check()).body, may, june);
    const { body } = await ledger.http.balance(`user:${PERSONAL.userId}`, position);
    expect(body).toMatchObject({ spentAllTime: '250.00', budgets: [{ spent: '0.00' }] });
  });

  it('answers right at once after a boundary at which no process was running', async () => {
    await spend('200.00', may);
    expectRefused((await check()).body, june);
    await ledger.stop('SIGKILL');
    ledger = await startAt(june, 1);
    expectAllowed(
      (await check()).body,
      june,
      zone === 'UTC' ? '2026-07-01T00:00:00Z' : '2026-06-30T22:00:00Z',
    );
  });

  /** A process whose clock shows a boundary, so many seconds later or earlier, when it is started. */
  function startAt(boundary: string, seconds: number): Promise<LedgerProcess> {
    const offsetMs = Date.parse(boundary) + seconds * 1000 - Date.now();
    const CLOCK_OFFSET = `${offsetMs < 0 ? '-' : ''}PT${Math.abs(offsetMs) / 1000}S`;
    return LedgerProcess.start({ env: { DATABASE_URL: db.url, CLOCK_OFFSET } });
  }

  const check = (): Promise<Answer> => ledger.http.check(PERSONAL, { minPosition: position });

  async function spend(amount: string, time: string): Promise<void> {
    const recorded = await ledger.http.record(PERSONAL, amount, { time });
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

import {
  createTestDatabase,
  LedgerProcess,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';

const AT = '2026-04-27T10:00:00Z';
const WINDOWS: [what: string, window: object, message: object, start: string, end: string][] = [
  [
    'a week',
    { type: 'calendar', unit: 'week', zone: 'Asia/Kathmandu', startDay: 7, startHour: 6 },
    {
      calendar: { unit: 'CALENDAR_UNIT_WEEK', zone: 'Asia/Kathmandu', start_day: 7, start_hour: 6 },
    },
    '2026-04-26T00:15:00Z',
    '2026-05-03T00:15:00Z',
  ],
  [
    'a fiscal year',
    {
      type: 'calendar',
      unit: 'year',
      zone: 'Europe/London',
      startMonth: 4,
      startDay: 6,
      startHour: 0,
    },
    {
      calendar: {
        unit: 'CALENDAR_UNIT_YEAR',
        zone: 'Europe/London',
        start_month: 4,
        start_day: 6,
        start_hour: 0,
      },
    },
    '2026-04-05T23:00:00Z',
    '2027-04-05T23:00:00Z',
  ],
  [
    'every month from the 31st',
    { type: 'every', duration: 'P1M', anchor: '2026-01-31T09:30:00Z' },
    { every: { duration: 'P1M', anchor: { seconds: '1769851800', nanos: 0 } } },
    '2026-03-31T09:30:00Z',
    '2026-04-30T09:30:00Z',
  ],
];

describe('windows through all doors', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    const offset = `-PT${(Date.now() - Date.parse(AT)) / 1000}S`;
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, CLOCK_OFFSET: offset } });
    grpc = ledger.grpc();
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it.each(WINDOWS)('are set and read as %s', async (what, window, message, start, end) => {
    const budgetId = what.replaceAll(' ', '-');
    const set = await ledger.http.setBudget(budgetId, 'user:alice', '1.00', { window });
    expect(set.body).toMatchObject({ budget: { window }, status: { window: { start, end } } });
    expect((await ledger.http.get(`/v1/budgets/${budgetId}`)).body.window).toEqual(window);
    const { budget } = await admin('GetBudget', { budget_id: budgetId });
    expect(budget.window).toMatchObject(message);
    const again = await admin('SetBudget', {
      budget: { ...budget, budget_id: `${budgetId}-2`, etag: '' },
    });
    expect(again).toMatchObject({
      budget: { window: message },
      status: { window: seconds(start, end) },
    });
    expect((await ledger.http.get(`/v1/budgets/${budgetId}-2`)).body.window).toEqual(window);
  });

  it.each(WINDOWS)(
    'are shown before they are set: %s',
    async (_what, window, message, start, end) => {
      const one = await ledger.http.post('/v1/windows/preview', { window, at: AT, count: 1 });
      expect([one.status, one.body]).toEqual([200, { windows: [{ start, end }] }]);
      const fromNow = await ledger.http.post('/v1/windows/preview', { window });
      expect(fromNow.body.windows).toHaveLength(5);
      expect(fromNow.body.windows[0]).toEqual({ start, end });
      const shown = await admin('PreviewWindows', { window: message });
      expect(shown.windows).toHaveLength(5);
      expect(shown.windows[0]).toMatchObject(seconds(start, end));
    },
  );

  it('are up to a thousand, without those that a skipped day leaves empty', async () => {
    const window = { type: 'calendar', unit: 'day', zone: 'Pacific/Apia' };
    const request = { window, at: '2011-12-29T12:00:00Z', count: 1000 };
    const { windows } = (await ledger.http.post('/v1/windows/preview', request)).body;
    expect(windows).toHaveLength(1000);
    expect(windows.slice(0, 2)).toEqual([
      { start: '2011-12-29T10:00:00Z', end: '2011-12-30T10:00:00Z' },
      { start: '2011-12-30T10:00:00Z', end: '2011-12-31T10:00:00Z' },
    ]);
  });

  it('are one over all time', async () => {
    const from = '2026-01-01T00:00:00Z';
    for (const [window, start] of [
      [{ type: 'total' }, null],
      [{ type: 'total', from }, from],
    ]) {
      const { body } = await ledger.http.post('/v1/windows/preview', { window, count: 7 });
      expect(body).toEqual({ windows: [{ start, end: null }] });
    }
    const { windows } = await admin('PreviewWindows', { window: { total: {} }, count: 7 });
    expect(windows).toEqual([{ start: null, end: null }]);
  });

  const admin = (method: string, request: object) =>
    grpc.call('BudgetAdminService', method, request);
});

const seconds = (start: string, end: string): object => ({
  start: { seconds: String(Date.parse(start) / 1000) },
  end: { seconds: String(Date.parse(end) / 1000) },
});

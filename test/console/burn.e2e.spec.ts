import {
  createTestDatabase,
  LedgerProcess,
  positionOf,
  type Answer,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { keepToken } from '../access/support/credentials';
import { ApiDocument } from '../e2e/support/api-document';
import { expectProblem } from '../e2e/support/expect-problem';

const API = new ApiDocument();
const BURN = 'GET /v1/budgets/{budgetId}/burn';
const SERIES = 'GET /v1/series';
const ML = { type: 'team', teamId: 'ml', userId: 'alice' };
const HOUR_MS = 3_600_000;
const MONTHLY = { type: 'calendar', unit: 'month', zone: 'Europe/Berlin' };

describe('how a budget was spent', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let auditor: HttpLedger;
  let ofMl: HttpLedger;
  let ofBob: HttpLedger;
  let minPosition: string;
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    const as = async (name: string, accounts: string[] = []) =>
      ledger.http.as(
        await keepToken(db.database, name, ['record', 'check', 'admin', 'audit'], { accounts }),
      );
    auditor = await as('auditor');
    ofMl = await as('of-ml', ['team:ml']);
    ofBob = await as('of-bob', ['user:bob']);
    const answers: Answer[] = [
      await auditor.setBudget('ml-total', 'team:ml', '100.00', { warnAt: ['0.8', '0.333'] }),
      await auditor.setBudget('ml-month', 'team:ml', null, { window: MONTHLY }),
      await auditor.setBudget('each-member', 'member:ml/*', '50.00'),
      await auditor.setBudget('bob-10', 'user:bob', '10.00'),
    ];
    for (const hours of [400, 100, 60, 30, 2]) {
      answers.push(await auditor.record(ML, '7.000000000001', { time: hoursAgo(hours) }));
    }
    answers.push(await auditor.hold(ML, '5.00', { ttlSeconds: 3600 }));
    minPosition = positionOf(answers.filter(({ body }) => body.position));
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  const burn = (id: string, query = '', http = auditor) =>
    http.get(`/v1/budgets/${id}/burn?minPosition=${encodeURIComponent(minPosition)}${query}`);

  it('ends with what balances say, and has a point for each spend before', async () => {
    const answer = await burn('ml-total');
    expect(API.faultsOf(BURN, answer)).toEqual([]);
    const { status, points, lines } = answer.body;
    const balance = await auditor.balance('team:ml', minPosition);
    expect(status).toEqual(
      balance.body.budgets.find(({ budgetId }: { budgetId: string }) => budgetId === 'ml-total'),
    );
    const spent = points.map((point: { spent: string }) => point.spent);
    expect([...new Set(spent)]).toEqual([
      '0.00',
      '7.000000000001',
      '14.000000000002',
      '21.000000000003',
      '28.000000000004',
      '35.000000000005',
    ]);
    expect(spent.at(-1)).toBe(status.spent);
    expect(points.length).toBeLessThanOrEqual(100);
    expect(lines).toEqual([
      { share: '0.8', amount: '80.00' },
      { share: '0.333', amount: '33.30' },
    ]);
  });

  it('says at which pace the money goes, and until when it lasts', async () => {
    const { forecast, noForecast, points } = (await burn('ml-total')).body;
    expect(noForecast).toBeNull();
    // Four spends of the last seven days.
    expect(forecast).toMatchObject({
      endSpent: null,
      pacePerDay: '4.00',
    });
    const nowMs = Date.parse(points.at(-1).at as string);
    const leftDays = (100 - 35.000000000005 - 5) / 4.000000000000571;
    const lastsMs = Date.parse(forecast.exhaustsAt as string) - nowMs;
    expect(Math.abs(lastsMs / (24 * HOUR_MS) - leftDays)).toBeLessThan(0.000001);
    const unlimited = await burn('ml-month');
    expect(API.faultsOf(BURN, unlimited)).toEqual([]);
    expect(unlimited.body).toMatchObject({ forecast: null, noForecast: 'no_limit', lines: [] });
    expect((await burn('bob-10')).body).toMatchObject({ forecast: null, noForecast: 'idle' });
  });

  it('of a default is asked of one of its accounts', async () => {
    const member = encodeURIComponent('member:ml/alice');
    const answer = await burn('each-member', `&account=${member}`);
    expect(answer.body.status).toMatchObject({
      account: 'member:ml/alice',
      limit: '50.00',
      spent: '35.000000000005',
    });
    expectProblem(await burn('each-member'), 400, 'invalid', [['account', 'required']]);
    for (const [id, query] of [
      ['each-member', '&account=user:bob'],
      ['ml-total', '&account=user:bob'],
      ['nothing', ''],
    ] as const) {
      expectProblem(await burn(id, query), 404, 'not_found', []);
    }
  });

  it('is shown to those who may read the account', async () => {
    const member = `&account=${encodeURIComponent('member:ml/alice')}`;
    expect((await burn('ml-total', '', ofMl)).status).toBe(200);
    expect((await burn('each-member', member, ofMl)).status).toBe(200);
    for (const [id, query] of [
      ['ml-total', ''],
      ['each-member', ''],
      ['each-member', member],
      ['nothing', ''],
    ] as const) {
      const refused = await burn(id, query, ofBob);
      expectProblem(refused, 403, 'forbidden', []);
      expect(refused.body.detail).toBe(
        'of-bob is bound to user:bob, and may do nothing elsewhere.',
      );
    }
  });

  it('stands in a series, too, whose points add up', async () => {
    const asked = `account=team:ml&step=P1D&from=${hoursAgo(410)}&to=${hoursAgo(0)}`;
    const answer = await auditor.get(`/v1/series?${asked}&zone=Asia/Kathmandu`);
    expect(API.faultsOf(SERIES, answer)).toEqual([]);
    expect(answer.body).toMatchObject({ account: 'team:ml', step: 'P1D', zone: 'Asia/Kathmandu' });
    const spent = answer.body.points.map((point: { spent: string }) => point.spent);
    expect(spent.filter((each: string) => each !== '0.00').length).toBeGreaterThan(3);
    expectProblem(await ofBob.get(`/v1/series?${asked}`), 403, 'forbidden', []);
    const long = await auditor.get(`/v1/series?${asked.replace('P1D', 'PT15M')}`);
    expectProblem(long, 422, 'too_much', []);
    expectProblem(await auditor.get('/v1/series?account=ledger&step=P1W'), 400, 'invalid', [
      ['step', 'one_of'],
      ['from', 'required'],
      ['to', 'required'],
    ]);
  });
});

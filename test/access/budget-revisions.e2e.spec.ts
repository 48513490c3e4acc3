import {
  createTestDatabase,
  LedgerProcess,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from '../e2e/support/expect-problem';
import { createToken } from './support/credentials';

const TOTAL = { type: 'total' };
const budget = (account: string, limit: string | null, more: object = {}) => ({
  budgetId: 'alice-all',
  account,
  limit,
  window: TOTAL,
  warnAt: [],
  enforce: true,
  outage: 'closed',
  ...more,
});

describe('the changes of a budget', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let finance: HttpLedger;
  let boss: HttpLedger;
  let auditor: HttpLedger;
  let ofAlice: HttpLedger;

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url };
    ledger = await LedgerProcess.start({ env: { ...env, INSECURE_NO_AUTH: '' } });
    const as = async (...given: [name: string, roles: string, ...options: string[]]) =>
      ledger.http.as(await createToken(env, ...given));
    finance = await as('finance', 'admin');
    boss = await as('boss', 'admin');
    auditor = await as('auditor', 'audit');
    ofAlice = await as('of-alice', 'audit', '--account', 'user:alice');
    for (const [who, limit] of [
      [finance, '10'],
      [boss, '20.50'],
      [finance, null],
    ] as const) {
      await who.setBudget('alice-all', 'user:alice', limit);
    }
    await boss.request('DELETE', '/v1/budgets/alice-all');
  });

  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  const PATH = '/v1/budgets/alice-all/revisions';
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;
  const CHANGES = [
    { revision: 4, at, caller: 'boss', budget: null },
    { revision: 3, at, caller: 'finance', budget: budget('user:alice', null) },
    { revision: 2, at, caller: 'boss', budget: budget('user:alice', '20.50') },
    { revision: 1, at, caller: 'finance', budget: budget('user:alice', '10.00') },
  ];

  it('are told with who made them, the newest first, though it is removed', async () => {
    expect(await auditor.get('/v1/budgets/alice-all')).toMatchObject({ status: 404 });
    for (const who of [auditor, finance, ofAlice]) {
      expect(await who.get(PATH)).toMatchObject({
        status: 200,
        body: { items: CHANGES, nextPageToken: '' },
      });
    }
    const times = (await auditor.get(PATH)).body.items.map((item: { at: string }) => item.at);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it('come in pages', async () => {
    const told: unknown[] = [];
    let pageToken = '';
    do {
      const { status, body } = await auditor.get(`${PATH}?pageSize=3&pageToken=${pageToken}`);
      expect(status).toBe(200);
      told.push(body.items);
      pageToken = body.nextPageToken;
    } while (pageToken !== '');
    expect(told).toEqual([CHANGES.slice(0, 3), CHANGES.slice(3)]);
  });

  it('are of budgets that there were', async () => {
    const none = '/v1/budgets/never/revisions';
    expectProblem(await auditor.get(none), 404, 'not_found', []);
    expectProblem(await ofAlice.get(none), 403, 'forbidden', []);
  });

  it.each(['x', 'cjA', 'cjk5OTk5OTk5OTk', 'cjE=', 'cjEg', Buffer.from('1').toString('base64url')])(
    'go on after no token but their own: %s',
    async (token) => {
      const answer = await auditor.get(`${PATH}?pageToken=${encodeURIComponent(token)}`);
      expectProblem(answer, 400, 'invalid', [['pageToken', 'page_token']]);
    },
  );

  it('are not asked for with what lists of other things take', async () => {
    const answer = await auditor.get(`${PATH}?account=user:alice`);
    expectProblem(answer, 400, 'invalid', [['account', 'unknown_member']]);
    expectProblem(await auditor.get('/v1/budgets/a%20b/revisions'), 400, 'invalid');
  });

  it('say nothing to who is bound to an account that it once was not on', async () => {
    await boss.setBudget('moved', 'team:ml', '5');
    await boss.setBudget('moved', 'user:alice', '5');
    expectProblem(await ofAlice.get('/v1/budgets/moved/revisions'), 403, 'forbidden', []);
    expect((await auditor.get('/v1/budgets/moved/revisions')).body.items).toHaveLength(2);
  });
});

import {
  createTestDatabase,
  ledgerCommand,
  LedgerProcess,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { keepToken } from '../access/support/credentials';
import { ApiDocument } from '../e2e/support/api-document';
import { expectProblem } from '../e2e/support/expect-problem';
import { PERSONAL, replayReport, TEAM } from '../seeds/support/report-26239';

const API = new ApiDocument();
const EXPLANATIONS = '/v1/explanations';

describe('explanations over HTTP', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let auditor: HttpLedger;
  let alice: HttpLedger;
  let refusedId: string;
  let grantedId: string;
  let ofMany: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({
      env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '', RECORD_DECISIONS: 'all' },
    });
    const all = ['record', 'check', 'admin', 'audit'] as const;
    auditor = ledger.http.as(await keepToken(db.database, 'auditor', all));
    const bound = { accounts: ['user:alice'] };
    alice = ledger.http.as(await keepToken(db.database, 'of-alice', ['check', 'audit'], bound));
    const minPosition = await replayReport(auditor);
    const hold = await auditor.hold(PERSONAL, '1.00', { minPosition });
    grantedId = hold.body.decision.decisionId;
    await auditor.setBudget('everything', 'ledger', '5000.00');
    await auditor.setBudget('alice-1', 'user:alice', '1.00', { enforce: true });
    refusedId = (await auditor.check(PERSONAL, { minPosition })).body.decisionId;
    await auditor.setBudget('ml-400', 'team:ml', '400.00');
    ofMany = (await auditor.check(TEAM, { minPosition })).body.decisionId;
    for (const id of [refusedId, grantedId, ofMany]) await auditor.get(`/v1/decisions/${id}`);
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  async function printed(...args: string[]): Promise<unknown> {
    const { stdout } = await ledgerCommand({ DATABASE_URL: db.url }, ...args, '--json');
    return JSON.parse(stdout);
  }

  it.each([
    ['?account=user:alice', ['user:alice']],
    ['?account=team:ml&window=2026-04', ['team:ml', '--window', '2026-04']],
    [
      '?account=person:alice&window=2026&zone=Asia/Kathmandu',
      ['person:alice', '--window', '2026', '--zone', 'Asia/Kathmandu'],
    ],
    ['?account=ledger&from=2026-01-01T00:00:00Z', ['ledger', '--from', '2026-01-01T00:00:00Z']],
  ])('are what the command line prints of %s', async (query, args) => {
    const answer = await auditor.get(EXPLANATIONS + query);
    expect(API.faultsOf(`GET ${EXPLANATIONS}`, answer)).toEqual([]);
    expect(answer).toMatchObject({ status: 200, body: await printed('explain', ...args) });
    expect(answer.body).toEqual(await printed('explain', ...args));
  });

  it('are what the command line prints of decisions, granted ones too', async () => {
    for (const id of [refusedId, grantedId, ofMany]) {
      const answer = await auditor.get(`/v1/decisions/${id}/explanation`);
      expect(API.faultsOf('GET /v1/decisions/{decisionId}/explanation', answer)).toEqual([]);
      expect(answer).toMatchObject({ status: 200, body: { agrees: true } });
      expect(answer.body).toEqual(await printed('explain', id));
    }
  });

  it('name accounts that the reader may not read, without their figures', async () => {
    const whole = await auditor.get(`${EXPLANATIONS}?account=user:alice`);
    expect(whole.body.notCounted).toMatchObject([
      { account: 'member:ml/alice', spent: '400.00', calls: 4, reason: 'paid by team ml' },
    ]);
    const own = await alice.get(`${EXPLANATIONS}?account=user:alice`);
    expect(API.faultsOf(`GET ${EXPLANATIONS}`, own)).toEqual([]);
    expect(own.body).toEqual({
      ...whole.body,
      notCounted: [
        {
          account: 'member:ml/alice',
          reason: 'paid by team ml',
          spent: null,
          calls: null,
          unpriced: null,
        },
      ],
    });
    const both = { accounts: ['user:alice', 'member:ml/alice'] };
    const ofBoth = ledger.http.as(await keepToken(db.database, 'of-both', ['audit'], both));
    expect((await ofBoth.get(`${EXPLANATIONS}?account=user:alice`)).body).toEqual(whole.body);
  });

  it('show of budgets that the reader may not read what the decision showed, and nothing behind it', async () => {
    const whole = await auditor.get(`/v1/decisions/${refusedId}/explanation`);
    const own = await alice.get(`/v1/decisions/${refusedId}/explanation`);
    expect(API.faultsOf('GET /v1/decisions/{decisionId}/explanation', own)).toEqual([]);
    type Budget = { account: string };
    const of = (account: string, { body }: typeof own) =>
      body.budgets.filter((budget: Budget) => budget.account === account);
    expect(of('user:alice', own)).toEqual(of('user:alice', whole));
    expect(of('ledger', whole)).toMatchObject([
      { spent: { decided: '411.92', verdict: 'agrees' }, earlier: 0, entries: { length: 8 } },
    ]);
    const doubts = ['your bindings do not reach this account'];
    expect(of('ledger', own)).toMatchObject([
      {
        spent: { decided: '411.92', verdict: 'unknown', doubts },
        earlier: 0,
        entries: [],
        holds: [],
      },
    ]);
    expect(JSON.stringify(own.body)).not.toMatch(/alice-at-ml|150\.00/);
  });

  it('are refused of what the reader is not bound to, as what is not there is', async () => {
    for (const id of [ofMany, '00000000-0000-4000-8000-000000000000', 'none']) {
      const answer = await alice.get(`/v1/decisions/${id}/explanation`);
      expectProblem(answer, 403, 'forbidden', []);
      expect(answer.body.detail).toBe(
        'of-alice is bound to user:alice, and may do nothing elsewhere.',
      );
    }
    expectProblem(await alice.get(`${EXPLANATIONS}?account=team:ml`), 403, 'forbidden', []);
    expectProblem(await auditor.get('/v1/decisions/none/explanation'), 404, 'not_found', []);
  });

  it.each([
    ['', 'account', 'required'],
    ['?account=user:alice&window=2026-13', 'window', 'named_window'],
    ['?account=user:alice&zone=UTC', 'zone', 'beside'],
    ['?account=user:alice&window=2026&from=2026-01-01T00:00:00Z', 'window', 'single'],
    ['?account=user:alice&from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', 'to', 'range'],
    ['?account=user:alice&window=2026&zone=Nowhere', 'zone', 'time_zone'],
  ])('refuse %s and say why', async (query, field, rule) => {
    expectProblem(await auditor.get(EXPLANATIONS + query), 400, 'invalid', [[field, rule]]);
  });

  it('list as many entries as EXPLAIN_ENTRIES says, and sum all', async () => {
    const env = { DATABASE_URL: db.url, EXPLAIN_ENTRIES: '1' };
    const short = await LedgerProcess.openReady({ app: 'auth', env });
    const { body } = await short.http.get(`${EXPLANATIONS}?account=user:alice`);
    await short.stop();
    expect(body.windows).toMatchObject([
      { spent: '11.92', earlier: 3, entries: [{ total: '11.92' }] },
    ]);
  });
});

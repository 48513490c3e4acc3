import {
  createTestDatabase,
  LedgerProcess,
  type Answer,
  type GrpcLedger,
  type HttpLedger,
  type TestDatabase,
} from '#libs/testing';
import { ApiDocument } from './support/api-document';
import { expectProblem } from './support/expect-problem';
import { callGrpc } from './support/grpc-outcome';

const api = new ApiDocument();
const ALICE = { type: 'user', userId: 'alice' };
const AT_ML = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'k' };
const OPS = { type: 'team', teamId: 'ops' };
const LABELS = { labels: { project: 'a/b c%', org: 'acme' } };
const PROJECT = 'label:project/a%2Fb c%25';

describe('persons, labels and the ledger', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let http: HttpLedger;
  let grpc: GrpcLedger;
  let position = '';

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    ({ http } = ledger);
    grpc = ledger.grpc();
    const calls = [
      await http.record(ALICE, '11.00', { id: 'personal', time: '2026-04-10T00:00:00Z' }),
      await http.record(AT_ML, '400.00', { id: 'of-ml', time: '2026-04-11T00:00:00Z' }, LABELS),
      await http.record(OPS, '5.00', { id: 'of-ops', time: '2026-05-01T00:00:00Z' }, LABELS),
    ];
    expect(calls.map(({ status }) => status)).toEqual([201, 201, 201]);
    position = calls.map(({ body }) => body.position).join(',');
  });
  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  /** An answer that is as the document says. */
  async function get(route: string, query: Readonly<Record<string, string>>): Promise<Answer> {
    const given = new URLSearchParams({ ...query, minPosition: position });
    const answer = await http.get(`${route}?${given.toString()}`);
    const faults = api.faultsOf(`GET ${route}`, answer);
    expect({ query, status: answer.status, faults }).toEqual({ query, status: 200, faults: [] });
    return answer;
  }

  it.each([
    ['user:alice', '11.00', ['personal'], '11.00'],
    ['member:ml/alice', '400.00', ['of-ml'], '400.00'],
    ['person:alice', '411.00', ['personal', 'of-ml'], '411.00'],
    [PROJECT, '405.00', ['of-ml', 'of-ops'], '400.00'],
    ['label:org/acme', '405.00', ['of-ml', 'of-ops'], '400.00'],
    ['ledger', '416.00', ['personal', 'of-ml', 'of-ops'], '411.00'],
    ['person:nobody', '0.00', [], '0.00'],
    ['label:org/ACME', '0.00', [], '0.00'],
  ])('%s is the same at every door', async (account, spent, ids, inApril) => {
    const { body } = await get('/v1/balances', { account });
    expect(body).toMatchObject({ account, spentAllTime: spent, unpriced: 0, budgets: [] });
    const request = { account, min_position: position };
    expect(await callGrpc(grpc, 'BudgetService', 'GetBalance', request)).toMatchObject({
      code: 0,
      value: { balance: { account, spent_all_time: spent } },
    });
    const at = '2026-05-01T00:00:00Z';
    const april = await get('/v1/balances', { account, at });
    expect(april.body.spentAllTime).toBe(inApril);
    const known = await get('/v1/balances', { account, at, knownAt: at });
    expect(known.body.spentAllTime).toBe('0.00');
    const events = await http.get(`/v1/events?account=${encodeURIComponent(account)}`);
    expect(events.body.items.map(({ id }: { id: string }) => id)).toEqual(ids);
    const sums = await get('/v1/spend', { account, groupBy: 'month' });
    const months = sums.body.items.map(({ calls }: { calls: number }) => calls);
    expect(months.reduce((sum: number, calls: number) => sum + calls, 0)).toBe(ids.length);
    const warnings = await http.get(`/v1/warnings?account=${encodeURIComponent(account)}`);
    expect(warnings).toMatchObject({ status: 200, body: { items: [] } });
  });

  it('sums by labels add up, beside any other group', async () => {
    const sum = (spent: string, calls = 1) => ({ spent, calls, unpriced: 0, corrections: 0 });
    const of = async (groupBy: string) => (await get('/v1/spend', { groupBy })).body.items;
    expect(await of('label:project')).toEqual([
      { 'label:project': 'a/b c%', ...sum('405.00', 2) },
      { 'label:project': null, ...sum('11.00') },
    ]);
    expect(await of('label:project,month')).toEqual([
      { 'label:project': 'a/b c%', month: '2026-04', ...sum('400.00') },
      { 'label:project': 'a/b c%', month: '2026-05', ...sum('5.00') },
      { 'label:project': null, month: '2026-04', ...sum('11.00') },
    ]);
    expect(await of('label:none')).toEqual([{ 'label:none': null, ...sum('416.00', 3) }]);
  });

  it.each(['label:', 'label:Org', 'label:a/b', 'label', 'label:org,label:org', 'label:__proto__'])(
    'cannot be summed by %s',
    async (groupBy) => {
      const answer = await http.get(`/v1/spend?groupBy=${encodeURIComponent(groupBy)}`);
      expectProblem(answer, 400, 'invalid', [['groupBy', 'one_of']]);
    },
  );

  it.each([
    ...['ledger:', 'Ledger', 'LEDGER', 'ledger/x', 'label:org', 'label:/x', 'label:org/'],
    ...['label:org/a/b', 'label:*/x', 'label:org/*', 'label:Org/x', 'person:', 'person:*'],
    ...['person:a/b', 'label:org/%zz'],
  ])('there is no account %s', async (account) => {
    for (const path of ['balances?', 'events?', 'spend?groupBy=day&', 'warnings?']) {
      const answer = await http.get(`/v1/${path}account=${encodeURIComponent(account)}`);
      expect([path, answer.status, answer.body.errors[0].field]).toEqual([path, 400, 'account']);
    }
    expect(await callGrpc(grpc, 'BudgetService', 'GetBalance', { account })).toMatchObject({
      code: 3,
      reason: 'invalid',
    });
  });

  it('a label that is a secret is refused, and echoed nowhere', async () => {
    const secret = `sk-${'a'.repeat(20)}`;
    const answer = await http.get(`/v1/balances?account=label:project/${secret}`);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).not.toContain(secret);
  });
});

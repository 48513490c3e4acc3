import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';
import { ApiDocument } from '../e2e/support/api-document';
import { callGrpc } from '../e2e/support/grpc-outcome';
import { expectProblem } from '../e2e/support/expect-problem';
import { keepToken } from './support/credentials';

const ROLES = ['record', 'check', 'admin', 'audit', 'ops'] as const;
type Role = (typeof ROLES)[number];
const API = new ApiDocument();

/** What each door takes; written down here once more, not read from anywhere. */
const HTTP: Readonly<Record<string, readonly Role[]>> = {
  'POST /v1/events': ['record', 'admin'],
  'GET /v1/events': ['audit'],
  'GET /v1/event': ['audit'],
  'GET /v1/spend': ['audit'],
  'GET /v1/balances': ['audit'],
  'GET /v1/warnings': ['audit'],
  'POST /v1/check': ['check'],
  'POST /v1/authorize': ['check'],
  'POST /v1/holds': ['check'],
  'POST /v1/holds/:holdId/settle': ['check'],
  'POST /v1/holds/:holdId/release': ['check'],
  'POST /v1/holds/:holdId/extend': ['check'],
  'GET /v1/forward-auth/:gateway': ['check'],
  'POST /v1/forward-auth/:gateway': ['check'],
  'POST /v1/reports': ['check'],
  'GET /v1/holds': ['check', 'audit'],
  'GET /v1/holds/:holdId': ['check', 'audit'],
  'GET /v1/decisions/:decisionId': ['check', 'audit'],
  'GET /v1/decisions/:decisionId/explanation': ['check', 'audit'],
  'GET /v1/explanations': ['audit'],
  'GET /v1/series': ['audit'],
  'GET /v1/budgets/:budgetId/burn': ['audit'],
  'GET /v1/statements/:month': ['audit'],
  'GET /v1/months': ['audit'],
  'GET /v1/whoami': ROLES,
  'GET /v1/projection': ['audit'],
  'GET /v1/credentials': ['audit'],
  'GET /v1/prices': ['audit', 'admin'],
  'GET /v1/prices/:version': ['audit', 'admin'],
  'GET /v1/budgets': ['audit', 'admin'],
  'GET /v1/budgets/:budgetId': ['audit', 'admin'],
  'GET /v1/budgets/:budgetId/revisions': ['audit', 'admin'],
  'PUT /v1/budgets/:budgetId': ['admin'],
  'DELETE /v1/budgets/:budgetId': ['admin'],
  'POST /v1/windows/preview': ['admin', 'audit'],
  'GET /metrics': ['ops'],
  'GET /openapi.json': ROLES,
};
const GRPC: Readonly<Record<string, readonly Role[]>> = {
  'IngestService/RecordSpend': ['record'],
  'IngestService/RecordSpendBatch': ['record'],
  'BudgetService/Check': ['check'],
  'BudgetService/Hold': ['check'],
  'BudgetService/Settle': ['check'],
  'BudgetService/Release': ['check'],
  'BudgetService/Extend': ['check'],
  'BudgetService/GetBalance': ['audit'],
  'BudgetAdminService/SetBudget': ['admin'],
  'BudgetAdminService/RemoveBudget': ['admin'],
  'BudgetAdminService/GetBudget': ['audit', 'admin'],
  'BudgetAdminService/ListBudgets': ['audit', 'admin'],
  'BudgetAdminService/PreviewWindows': ['admin', 'audit'],
};

describe('a role', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  const tokens = new Map<Role, string>();

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url };
    ledger = await LedgerProcess.start({ env: { ...env, INSECURE_NO_AUTH: '' } });
    for (const role of ROLES)
      tokens.set(role, await keepToken(db.database, `only-${role}`, [role]));
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('is said of every route, here and in the API document', () => {
    const closed = API.routes.filter((route) => !/^GET \/(livez|readyz|servez)$/.test(route));
    expect(Object.keys(HTTP).sort()).toEqual(closed.sort());
    for (const [route, roles] of Object.entries(HTTP)) {
      const security = API.operation(route.replace(/:(\w+)/, '{$1}')).security as {
        bearer?: string[];
      }[];
      const said = security.flatMap(({ bearer }) => bearer ?? []);
      expect([route, said.sort()]).toEqual([route, roles === ROLES ? [] : [...roles].sort()]);
    }
  });

  it.each(Object.entries(HTTP))('opens its doors and no other: %s', async (route, roles) => {
    const [method, path] = route.split(' ') as [string, string];
    const given = path.replace(/:\w+/, 'some-id');
    const outcomes = await Promise.all(
      ROLES.map(async (role) => {
        const http = ledger.http.as(tokens.get(role)!);
        // A scrape is no JSON.
        const answer = await http
          .request(method, given, method === 'GET' ? undefined : {})
          .catch(() => undefined);
        if (answer?.status !== 403) return [role, answer?.status !== 401];
        expectProblem(answer, 403, 'forbidden', []);
        expect(answer.body.detail).toBe(`only-${role} lacks the role ${roles.join(' or ')}.`);
        return [role, false];
      }),
    );
    expect(outcomes).toEqual(ROLES.map((role) => [role, roles.includes(role)]));
  });

  it.each(Object.entries(GRPC))('opens its doors and no other: %s', async (path, roles) => {
    const [service, method] = path.split('/') as ['BudgetService', string];
    for (const role of ROLES) {
      const grpc = ledger.grpc().as(tokens.get(role)!);
      const { code, reason } = await callGrpc(grpc, service, method, {});
      grpc.close();
      expect([role, code === 7]).toEqual([role, !roles.includes(role)]);
      expect([role, reason === 'forbidden']).toEqual([role, !roles.includes(role)]);
    }
  });

  it('says of a path that is not there only that', async () => {
    const http = ledger.http.as(tokens.get('ops')!);
    expectProblem(await http.get('/v1/nothing'), 404, 'not_found', []);
    expectProblem(await http.request('PATCH', '/v1/check'), 405, 'method_not_allowed', []);
  });
});

import { createTestDatabase, LedgerProcess, type TestDatabase } from '#libs/testing';
import { PROTO } from '#libs/wire';
import { ApiDocument } from './support/api-document';
import { expectProblem } from './support/expect-problem';
import { callGrpc } from './support/grpc-outcome';

jest.setTimeout(120_000);

const API = new ApiDocument();
const APPS = ['ingest', 'projector', 'auth'] as const;
type App = (typeof APPS)[number];
const METHOD = {
  IngestService: 'RecordSpend',
  BudgetAdminService: 'ListBudgets',
  BudgetService: 'Check',
} as const;

const OWN_SERVICES = Object.entries(PROTO.processes).filter(([service]) =>
  service.startsWith(PROTO.packageName),
);

const servedBy = (route: string): string | undefined =>
  API.operation(openApi(route))['x-served-by'];
const openApi = (route: string): string => route.replace(/:(\w+)/g, '{$1}');

describe('where the processes run apart', () => {
  let db: TestDatabase;
  const processes = new Map<App, LedgerProcess>();

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url, LOG_LEVEL: 'debug' };
    for (const app of APPS) processes.set(app, await LedgerProcess.open({ app, env }));
  });
  afterAll(async () => {
    for (const app of processes.values()) await app.stop();
    await db.drop();
  });

  it.each(APPS)('the document says what %s serves, and what others do', (app) => {
    const mapped = [...processes.get(app)!.output.matchAll(/Mapped \{([^,]+), (\w+)\} route/g)];
    const said = API.routes.filter((route) => (servedBy(route) ?? app) === app);
    expect(mapped.map(([, path, method]) => `${method} ${path}`).sort()).toEqual(said.sort());
  });

  describe.each(API.routes.filter((route) => servedBy(route) !== undefined))('%s', (route) => {
    it.each(APPS.filter((app) => app !== servedBy(route)))('is no matter of %s', async (app) => {
      const [method, path] = route.split(' ') as [string, string];
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      const answer = await processes
        .get(app)!
        .http.request(method, path.replace(/:\w+/, 'x'), body);
      const isKnown = answer.headers.has('allow');
      expectProblem(answer, isKnown ? 405 : 404, isKnown ? 'method_not_allowed' : 'not_found', []);
      expect(answer.body.detail).toMatch(
        new RegExp(` here\\. The process ${servedBy(route)} takes ${method}\\.$`),
      );
    });
  });

  it('a path that nobody serves is told as ever', async () => {
    for (const app of APPS) {
      const { http } = processes.get(app)!;
      const answer = await http.get('/v1/nothing');
      expect(answer.body.detail).toBe('There is nothing at this path.');
      const patched = await http.request('PATCH', '/v1/check', {});
      expect(patched.body.detail).not.toContain('process');
    }
  });

  it.each(OWN_SERVICES)('calls of %s are told of %s', async (service, owner) => {
    const name = service.split('.').at(-1) as keyof typeof METHOD;
    for (const app of ['ingest', 'auth'] as const) {
      const grpc = processes.get(app)!.grpc();
      const outcome = await callGrpc(grpc, name, METHOD[name], {});
      if (app === owner) expect(outcome.code).not.toBe(12);
      else {
        expect(outcome).toMatchObject({
          code: 12,
          reason: 'method_not_allowed',
          text: expect.stringContaining(
            `There is no such method here. The process ${owner} serves ${service}.`,
          ),
        });
      }
      const health = grpc.isServing(service);
      if (app === owner) expect(typeof (await health)).toBe('boolean');
      else await expect(health).rejects.toMatchObject({ code: 5 });
      grpc.close();
    }
  });

  it('a stranger is told nothing of it', async () => {
    const env = { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' };
    const closed = await LedgerProcess.open({ app: 'ingest', env });
    const answer = await closed.http.check({ type: 'user', userId: 'alice' });
    expectProblem(answer, 401, 'unauthenticated', []);
    expect(answer.body.detail).not.toContain('auth');
    const grpc = closed.grpc();
    const outcome = await callGrpc(grpc, 'BudgetService', 'Check', {});
    expect(outcome).toMatchObject({ code: 16, reason: 'unauthenticated' });
    grpc.close();
    await closed.stop();
  });
});

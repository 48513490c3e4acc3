import {
  createTestDatabase,
  LedgerProcess,
  waitUntil,
  type ProcessSettings,
  type TestDatabase,
} from '#libs/testing';

const ALICE = { type: 'user', userId: 'alice' };
const SCOPE = { user: { user_id: 'alice' } };

type App = NonNullable<ProcessSettings['app']>;

const SERVICES: Readonly<Record<App, readonly string[]>> = {
  standalone: ['IngestService', 'BudgetAdminService', 'BudgetService'],
  ingest: ['IngestService', 'BudgetAdminService'],
  projector: [],
  auth: ['BudgetService'],
};

describe('a process that is told to stop', () => {
  let db: TestDatabase;
  /** For those that need one. */
  let projector: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    projector = await LedgerProcess.openReady({ app: 'projector', env: { DATABASE_URL: db.url } });
  });
  afterAll(async () => {
    await projector.stop();
    await db.drop();
  });

  const start = (app: App, env: Record<string, string>) =>
    LedgerProcess.openReady({ app, env: { DATABASE_URL: db.url, ...env } });

  /** As before the signal. */
  async function expectAllElse(app: App, { http, grpc }: Doors): Promise<void> {
    expect(await http.get('/livez')).toMatchObject({ status: 200 });
    const services = SERVICES[app];
    if (services.includes('IngestService')) {
      expect(await http.record(ALICE, '0.01')).toMatchObject({ status: 201 });
      const budgets = await grpc.call('BudgetAdminService', 'ListBudgets', {});
      expect(budgets).toMatchObject({ items: [] });
    }
    if (services.includes('BudgetService')) {
      expect(await http.check(ALICE)).toMatchObject({ status: 200, body: { allowed: true } });
      const hold = { scope: ALICE, amount: '0.01', ttlSeconds: 1 };
      expect(await http.post('/v1/holds', hold)).toMatchObject({ status: 201 });
      const checked = await grpc.call('BudgetService', 'Check', { scope: SCOPE });
      expect(checked).toMatchObject({ decision: { allowed: true } });
    }
  }

  type Doors = Pick<LedgerProcess, 'http'> & { readonly grpc: ReturnType<LedgerProcess['grpc']> };

  describe.each(Object.keys(SERVICES) as App[])('%s', (app) => {
    it('says so at once, and answers all the same until a second signal', async () => {
      const stopping = await start(app, { DRAIN_DELAY: 'PT10M' });
      const { http } = stopping;
      const grpc = stopping.grpc();
      const services = SERVICES[app].length === 0 ? [] : ['', ...SERVICES[app]];
      const health = () => Promise.all(services.map((name) => grpc.isServing(fullName(name))));
      await waitUntil('it serves', async () => (await health()).every((isServing) => isServing));
      expect(await http.get('/servez')).toMatchObject({ status: 200, body: { status: 'serving' } });

      stopping.child.kill('SIGTERM');
      await waitUntil('it is not ready', async () => (await http.get('/readyz')).status === 503);
      const leaving = { status: 503, body: { checks: { shutdown: { ready: false } } } };
      expect(await http.get('/readyz')).toMatchObject(leaving);
      expect(await http.get('/servez')).toMatchObject(leaving);
      expect(await health()).toEqual(services.map(() => false));
      await expectAllElse(app, { http, grpc });
      grpc.close();

      await waitUntil('it has ended', () => {
        stopping.child.kill('SIGINT');
        return stopping.hasEnded;
      });
      expect(await stopping.end()).toBe(0);
      expect(stopping.output).toContain('not ready any more, and answering all the same');
    });

    it('ends by itself when the delay is over', async () => {
      const stopping = await start(app, { DRAIN_DELAY: 'PT0.2S' });
      expect(await stopping.stop()).toBe(0);
      expect(stopping.output).toMatch(/for 200 ms[^]*finishing what is under way/);
    });
  });

  it('has no delay unless it is asked for one', async () => {
    const stopping = await start('auth', {});
    expect(await stopping.stop()).toBe(0);
    expect(stopping.output).not.toContain('not ready any more');
  });
});

const fullName = (service: string): string => (service === '' ? '' : `spendledger.v1.${service}`);

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

const API = new ApiDocument();
const ALICE = { type: 'user', userId: 'alice' };

describe('who reads, and how far the ledger is', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let auditor: HttpLedger;
  let bound: HttpLedger;
  let token: string;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, INSECURE_NO_AUTH: '' } });
    token = await keepToken(db.database, 'auditor', ['audit', 'record']);
    auditor = ledger.http.as(token);
    const accounts = ['team:ml', 'user:alice'];
    const sources = ['gateway-a'];
    bound = ledger.http.as(
      await keepToken(db.database, 'bound', ['audit', 'check'], { accounts, sources }),
    );
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it('a caller asks what it may do', async () => {
    const answer = await bound.get('/v1/whoami');
    expect(API.faultsOf('GET /v1/whoami', answer)).toEqual([]);
    expect(answer.body).toEqual({
      name: 'bound',
      kind: 'token',
      roles: ['audit', 'check'],
      accounts: ['team:ml', 'user:alice'],
      sources: ['gateway-a'],
      expiresAt: null,
      ledger: { currency: 'USD', unbudgeted: 'allow', maxLag: 'PT30S' },
    });
    const named = ['--name', 'short', '--roles', 'ops', '--expires', 'PT1H'];
    const made = await ledgerCommand(
      { DATABASE_URL: db.url },
      'tokens',
      'create',
      ...named,
      '--json',
    );
    const { token: short, expiresAt } = JSON.parse(made.stdout) as Record<string, string>;
    const shown = await ledger.http.as(short!).get('/v1/whoami');
    expect(shown.body).toMatchObject({ name: 'short', roles: ['ops'] });
    expect(Math.abs(Date.parse(shown.body.expiresAt) - Date.parse(expiresAt!))).toBeLessThan(2);
    expectProblem(await ledger.http.get('/v1/whoami'), 401, 'unauthenticated', []);
  });

  it('of a ledger that asks for no credential, anybody has every role', async () => {
    const open = await LedgerProcess.openReady({ app: 'auth', env: { DATABASE_URL: db.url } });
    const { body } = await open.http.get('/v1/whoami');
    await open.stop();
    expect(body).toMatchObject({
      name: 'anonymous',
      kind: 'open',
      roles: ['record', 'check', 'admin', 'audit', 'ops'],
      expiresAt: null,
    });
  });

  it('an auditor asks how far each partition is', async () => {
    const { position } = (await auditor.record(ALICE, '1.00')).body;
    await auditor.get(`/v1/balances?account=user:alice&minPosition=${position}`);
    const answer = await auditor.get('/v1/projection');
    expect(API.faultsOf('GET /v1/projection', answer)).toEqual([]);
    const { partitions } = answer.body;
    expect(partitions).toHaveLength(12);
    const [partition, next] = (position as string).split(':');
    expect(partitions[Number(partition)]).toMatchObject({
      partition: Number(partition),
      nextOffset: next,
      knownAt: expect.any(String),
    });
    expect(answer.body.position.split(',')).toContain(position);
    const lags = partitions.map(({ lagMs }: { lagMs: number }) => lagMs);
    expect(answer.body.lagMs).toBe(Math.max(...lags));
    expectProblem(await bound.get('/v1/projection'), 403, 'forbidden', []);
  });

  it('an auditor lists credentials page by page, and never what they match', async () => {
    const env = { DATABASE_URL: db.url };
    await ledgerCommand(env, 'sources', 'allow', '--source', 'gateway-b', '--roles', 'record');
    await ledgerCommand(
      env,
      'tokens',
      'create',
      '--name',
      'gone',
      '--roles',
      'ops',
      '--user',
      'bob',
    );
    await ledgerCommand(env, 'tokens', 'revoke', 'gone');
    const answer = await auditor.get('/v1/credentials');
    expect(API.faultsOf('GET /v1/credentials', answer)).toEqual([]);
    const { items } = answer.body;
    expect(items[0]).toMatchObject({
      kind: 'token',
      name: 'gone',
      roles: ['ops'],
      accounts: ['user:bob'],
      state: 'revoked',
    });
    expect(items).toContainEqual(
      expect.objectContaining({ kind: 'source', name: 'gateway-b', state: 'live' }),
    );
    expect(JSON.stringify(items)).not.toMatch(/slt_|[0-9a-f]{64}|matches/);
    expect(await auditor.items('/v1/credentials?pageSize=1')).toEqual(items);
    expectProblem(await bound.get('/v1/credentials'), 403, 'forbidden', []);
    const foreign = await auditor.get('/v1/credentials?pageToken=x');
    expectProblem(foreign, 400, 'invalid', [['pageToken', 'page_token']]);
  });
});

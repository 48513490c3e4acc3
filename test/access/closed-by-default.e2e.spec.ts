import {
  createTestDatabase,
  LedgerFolder,
  LedgerProcess,
  spendEvent,
  type TestDatabase,
  waitUntil,
} from '#libs/testing';
import { speak } from '../e2e/support/bare-http';
import { ApiDocument } from '../e2e/support/api-document';
import { callGrpc } from '../e2e/support/grpc-outcome';
import { expectProblem } from '../e2e/support/expect-problem';
import { createToken } from './support/credentials';

const ALICE = { type: 'user', userId: 'alice' };
const CLOSED = { INSECURE_NO_AUTH: '' };
const OPEN_TO_ALL = ['GET /livez', 'GET /readyz', 'GET /servez'];
const API = new ApiDocument();

/** Every method of the proto. */
const CALLS = [
  ['IngestService', 'RecordSpend'],
  ['IngestService', 'RecordSpendBatch'],
  ['BudgetService', 'Check'],
  ['BudgetService', 'Hold'],
  ['BudgetService', 'Settle'],
  ['BudgetService', 'Release'],
  ['BudgetService', 'Extend'],
  ['BudgetService', 'GetBalance'],
  ['BudgetAdminService', 'SetBudget'],
  ['BudgetAdminService', 'RemoveBudget'],
  ['BudgetAdminService', 'GetBudget'],
  ['BudgetAdminService', 'ListBudgets'],
  ['BudgetAdminService', 'PreviewWindows'],
] as const;

describe('a ledger on DATABASE_URL', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, ...CLOSED } });
  });
  afterAll(async () => {
    await ledger.stop();
    await db.drop();
  });

  it.each(API.routes.filter((route) => !OPEN_TO_ALL.includes(route)))(
    'answers nobody without a credential: %s',
    async (route) => {
      const [method, path] = route.split(' ') as [string, string];
      const given = path.replace(/:\w+/, 'some-id');
      const answer = await ledger.http.request(method, given, method === 'GET' ? undefined : {});
      expectProblem(answer, 401, 'unauthenticated', []);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="spend-ledger"');
    },
  );

  it.each(['/', '/v1/nothing', '/v1/holds/x/y/z'])(
    'does not say that there is nothing at %s',
    async (path) => {
      expectProblem(await ledger.http.get(path), 401, 'unauthenticated', []);
    },
  );

  it.each(CALLS)('answers nobody without a credential: %s/%s', async (service, method) => {
    const grpc = ledger.grpc();
    const outcome = await callGrpc(grpc, service, method, {});
    expect(outcome).toMatchObject({ code: 16, reason: 'unauthenticated', faults: [] });
    grpc.close();
  });

  it('says to everybody whether it lives and is ready', async () => {
    expect(await ledger.http.get('/livez')).toMatchObject({ status: 200 });
    expect(await ledger.http.get('/readyz')).toMatchObject({
      status: 200,
      body: { checks: { access: { detail: 'nobody without a credential' } } },
    });
    expect(await ledger.http.get('/servez')).toMatchObject({ status: 200 });
    const grpc = ledger.grpc();
    expect(await grpc.isServing()).toBe(true);
    grpc.close();
  });

  it('says at its start how to make a credential', () => {
    expect(ledger.output).toContain('npm run ledger -- tokens create');
    expect(ledger.output).toContain('-H "authorization: Bearer $TOKEN"');
  });

  it('does not read the body of a stranger', async () => {
    const huge = Buffer.alloc(17 * 1024 * 1024, 0x20);
    const answer = await ledger.http.request('POST', '/v1/check', huge);
    expectProblem(answer, 401, 'unauthenticated', []);
  });
});

it('INSECURE_NO_AUTH opens a ledger, which says so at its start and in /readyz', async () => {
  const db = await createTestDatabase();
  const env = { DATABASE_URL: db.url, INSECURE_NO_AUTH: '1' };
  const ledger = await LedgerProcess.start({ env });
  expect(ledger.output).toContain('INSECURE_NO_AUTH is set: everybody');
  expect(await ledger.http.get('/readyz')).toMatchObject({
    body: { checks: { access: { detail: expect.stringContaining('INSECURE_NO_AUTH') } } },
  });
  expect(await ledger.http.check(ALICE)).toMatchObject({ status: 200 });
  expect(await ledger.http.as('slt_nonsense').check(ALICE)).toMatchObject({ status: 401 });
  await ledger.stop();
  await db.drop();
});

describe('the embedded default', () => {
  let folder: LedgerFolder;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    folder = await LedgerFolder.create();
  });
  afterEach(() => ledger.stop());
  afterAll(() => folder.remove());

  it('is closed where others than this machine can reach it', async () => {
    ledger = await LedgerProcess.openReady({
      env: { DATA_DIR: folder.dataDir, HOST: '0.0.0.0', ...CLOSED },
    });
    expectProblem(await ledger.http.check(ALICE), 401, 'unauthenticated', []);
  });

  it('takes callers without a token until there is one', async () => {
    const env = { DATA_DIR: folder.dataDir, ...CLOSED };
    ledger = await LedgerProcess.openReady({ env });
    const { http } = ledger;
    expect(await http.record(ALICE, '0.02')).toMatchObject({ status: 201 });
    expect(await http.check(ALICE)).toMatchObject({ status: 200 });
    const asking = (host: string) =>
      speak(
        ledger.httpUrl,
        `GET /v1/balances?account=user:alice HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
      );
    // A page in a browser on this machine, whose name leads here: it may read what it gets.
    for (const host of ['evil.example', 'evil.example:8080', '192.168.0.1', 'localhost.', '']) {
      const [foreign] = await asking(host);
      expectProblem(foreign!, 401, 'unauthenticated', []);
    }
    // A proxy's name for the ledger.
    for (const host of ['localhost', 'ledger', 'spend-ledger:8080', '127.0.0.2']) {
      const [own] = await asking(host);
      expect(own).toMatchObject({ status: 200 });
    }
    expectProblem(await http.as('slt_x').check(ALICE), 401, 'unauthenticated', []);

    const token = await createToken({ DATA_DIR: folder.dataDir }, 'gw-1', 'record,check');
    expect(await http.as(token).check(ALICE)).toMatchObject({ status: 200 });
    await waitUntil('a token is needed', async () => (await http.check(ALICE)).status === 401);
    expectProblem(await http.check(ALICE), 401, 'unauthenticated', []);
    const event = spendEvent(ALICE, '1.00');
    expectProblem(
      await http.post('/v1/events', event, 'application/cloudevents+json'),
      401,
      'unauthenticated',
      [],
    );
  });
});

import { LedgerFolder, LedgerProcess, type Answer } from '#libs/testing';
import { ApiDocument } from '../e2e/support/api-document';
import { speak } from '../e2e/support/bare-http';
import { expectProblem } from '../e2e/support/expect-problem';

jest.setTimeout(120_000);

const API = new ApiDocument();
const CHANGING = API.routes.filter((route) => !route.startsWith('GET '));
/** Of which a body with no type would be taken as the JSON that it is; a call that a proxy asks about is of any type. */
const WITH_BODY = CHANGING.filter(
  (route) => !/^DELETE |\/v1\/events$|\/v1\/forward-auth\//.test(route),
);
const BODIES: Readonly<Record<string, object>> = {
  'POST /v1/check': { scope: { type: 'user', userId: 'eve' } },
  'POST /v1/authorize': { scope: { type: 'user', userId: 'eve' } },
  'POST /v1/holds': { scope: { type: 'user', userId: 'eve' }, amount: '5', ttlSeconds: 60 },
  'PUT /v1/budgets/:budgetId': { account: 'user:eve', limit: '5', window: { type: 'total' } },
};

describe('a page in a browser on this machine', () => {
  let folder: LedgerFolder;
  let ledger: LedgerProcess;
  let own: string;

  beforeAll(async () => {
    folder = await LedgerFolder.create();
    const env = { DATA_DIR: folder.dataDir, INSECURE_NO_AUTH: '' };
    ledger = await LedgerProcess.start({ env });
    own = new URL(ledger.httpUrl).host;
  });
  afterAll(async () => {
    await ledger.stop();
    await folder.remove();
  });

  async function ask(route: string, headers: Record<string, string>): Promise<Answer> {
    const [method, path] = route.split(' ') as [string, string];
    const isBare = method === 'GET' || method === 'DELETE';
    const body = isBare ? '' : JSON.stringify(BODIES[route] ?? {});
    const lines = {
      host: own,
      connection: 'close',
      ...(isBare ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    const target = path.replace(/:\w+/, 'x');
    const [answer] = await speak(
      ledger.httpUrl,
      `${method} ${target} HTTP/1.1\r\n${head.join('')}\r\n${body}`,
    );
    return answer!;
  }

  const JSON_TYPE = { 'content-type': 'application/json' };

  describe.each(CHANGING)('%s', (route) => {
    it.each([
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://127.0.0.1' },
      { origin: 'http://127.0.0.1:1' },
      { origin: 'http://127.0.0.1.evil.example:8080' },
      { 'sec-fetch-site': 'cross-site' },
    ])('takes nothing of another origin: %j', async (headers) => {
      for (const type of [JSON_TYPE, {}]) {
        expectProblem(await ask(route, { ...type, ...headers }), 403, 'forbidden', []);
      }
    });

    it('takes what a page of its own origin sends, and what no page sends', async () => {
      for (const headers of [
        {},
        { origin: ledger.httpUrl, 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'none' },
      ]) {
        const { status } = await ask(route, { ...JSON_TYPE, ...headers });
        expect([401, 403]).not.toContain(status);
      }
    });
  });

  it.each(WITH_BODY)('%s wants to know the type of a body', async (route) => {
    for (const type of [{}, { 'content-type': '' }, { 'content-type': 'text/plain' }]) {
      expectProblem(await ask(route, type), 415, 'unsupported_media_type', []);
    }
  });

  it('reads nothing, either', async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    const read = await ask('GET /v1/balances?account=user:eve', headers);
    expectProblem(read, 403, 'forbidden', []);
    expect(await ask('GET /readyz', headers)).toMatchObject({ status: 200 });
  });

  it('is counted', async () => {
    const metrics = await (await fetch(`${ledger.httpUrl}/metrics`)).text();
    expect(metrics).toMatch(/^access_refusals_total\{reason="origin"\} [1-9]/m);
  });
});

it('who says who he is may come from anywhere, and an open ledger is open', async () => {
  const folder = await LedgerFolder.create();
  const env = { DATA_DIR: folder.dataDir, INSECURE_NO_AUTH: '1' };
  const ledger = await LedgerProcess.start({ env });
  const headers = { 'content-type': 'application/json', origin: 'https://console.example' };
  const scope = { type: 'user', userId: 'alice' };
  const answer = await ledger.http.request('POST', '/v1/check', { scope }, headers);
  expect(answer.status).toBe(200);
  await ledger.stop();
  await folder.remove();
});

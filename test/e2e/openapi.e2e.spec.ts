import {
  createTestDatabase,
  LedgerProcess,
  spendEvent,
  type Answer,
  waitUntil,
  type TestDatabase,
} from '#libs/testing';
import { readOpenApi } from '#libs/wire';
import { ApiDocument } from './support/api-document';
import { timeless } from './support/timeless';

const api = new ApiDocument();
const [EVENT, BATCH] = ['application/cloudevents+json', 'application/cloudevents-batch+json'];
const JSON_TYPE = { 'content-type': 'application/json' };
const TEAMS = {
  account: 'team:*',
  limit: null,
  window: { type: 'total', from: '2026-01-01T00:00:00+01:00' },
};
const ODD = {
  ...TEAMS,
  account: 'team:ml',
  limit: '500',
  validUntil: '2099-01-01T00:00:00Z',
  outage: 'open',
  enforce: false,
};
const QUARTER = { type: 'calendar', unit: 'quarter', zone: 'Asia/Kathmandu', startMonth: 2 };
const EVERY = { type: 'every', duration: 'P30D', anchor: '2026-04-01T00:00:00Z' };
const [WARNINGS, OF_ALICE] = ['GET /v1/warnings', '?account=user:alice'];
const WEEK = { type: 'calendar', unit: 'week', zone: 'UTC' };
const USER = { type: 'user', userId: 'alice' };
const CE = {
  'ce-specversion': '1.0',
  'ce-id': 'call-7',
  'ce-source': 'gateway-a',
  'ce-type': 'spendledger.spend.recorded.v1',
  'ce-time': '2026-04-27T10:00:00Z',
};

describe('/openapi.json', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  const positions: string[] = [];
  let decisionId = '';

  beforeAll(async () => {
    db = await createTestDatabase({ ledger: false });
    const env = { DATABASE_URL: db.url, LOG_LEVEL: 'debug', VISIBLE_WAIT: 'PT0.1S' };
    ledger = await LedgerProcess.start({ env });
  });
  afterAll(() => ledger.stop().then(() => db.drop()));

  it('is served as it is', async () => {
    const answer = await ledger.http.get('/openapi.json');
    expect(answer.body).toEqual(readOpenApi());
    expect(api.faultsOf('GET /openapi.json', answer)).toEqual([]);
  });

  it('has every route the process has, and no other', () => {
    const mapped = [...ledger.output.matchAll(/Mapped \{([^,]+), (\w+)\} route/g)];
    expect(mapped.length).toBeGreaterThan(0);
    expect(mapped.map(([, path, method]) => `${method} ${path}`).sort()).toEqual(
      [...api.routes].sort(),
    );
  });

  it('says of each path which methods it takes', async () => {
    for (const path of Object.keys(api.document.paths)) {
      const { status, headers } = await ledger.http.request('PATCH', path.replace(/\{\w+\}/, 'x'));
      const allowed = headers
        .get('allow')!
        .split(', ')
        .filter((method) => method !== 'HEAD');
      const told = api.routes.filter((route) =>
        route.replace(/:(\w+)/, '{$1}').endsWith(` ${path}`),
      );
      expect([path, status, allowed]).toEqual([
        path,
        405,
        told.map((route) => route.split(' ')[0]).sort(),
      ]);
    }
  });

  it.each(api.schemas.filter(([, schema]) => schema.examples))(
    'has true examples of %s',
    (_name, schema) => {
      for (const example of schema.examples) expect(api.schemaFaults(schema, example)).toEqual([]);
    },
  );

  it('tells a story that is true, from the first budget to the last answer', async () => {
    await tell('PUT /v1/budgets/{budgetId}', 'alice', 201, 'alice');
    await tell('POST /v1/events', 'personal', 201, 'recorded', EVENT);
    await projected();
    await tell('POST /v1/events', 'personal', 200, 'duplicate', EVENT);
    await tell('POST /v1/events', 'conflicting', 409, 'conflict', EVENT);
    await tell('POST /v1/events', 'emptyTeam', 400, 'emptyTeam', EVENT);
    await tell('POST /v1/events', 'batch', 200, 'batch', BATCH);
    await tell('POST /v1/events', 'partlyRefused', 422, 'partlyRefused', BATCH);
    const event = () => ask('GET /v1/event', '?source=gateway-a&id=call-5');
    await waitUntil('its spend is on record', async () => (await event()).status === 200);
    await tell('POST /v1/events', 'correction', 201, undefined, EVENT);
    await tell('POST /v1/events', 'ofUnknown', 422, 'ofUnknown', EVENT);
    await tell('POST /v1/events', 'binary', 201, undefined, 'application/json', CE);
    await projected();
    await tell('POST /v1/check', 'unknownCost', 200, 'refused');
    await tell('POST /v1/check', 'free', 200, 'free');
    await tell('POST /v1/authorize', 'free', 200, 'free');
    await tell('POST /v1/authorize', 'unknownCost', 429, 'refused');
    await tell('GET /v1/decisions/{decisionId}', undefined, 200, 'refused');
    await tell('GET /v1/balances', undefined, 200, 'alice');
    await tell('GET /v1/budgets', undefined, 200, 'one');
    const isWarned = async () => (await ask(WARNINGS, OF_ALICE)).body.items.length > 1;
    await waitUntil('she is warned', isWarned);
    await tell('GET /v1/warnings', undefined, 200, 'alice');
    await tell('GET /v1/budgets/{budgetId}', undefined, 200, 'alice');
    await tell('PUT /v1/budgets/{budgetId}', 'alice', 200, 'again');
    await tell('DELETE /v1/budgets/{budgetId}', undefined, 200, 'alice');
    await tell('GET /v1/budgets/{budgetId}/revisions', undefined, 200, 'alice');
    await tell('POST /v1/windows/preview', 'apia', 200, 'apia');
  });

  it.each<[number, string, string, unknown?, Record<string, string>?]>([
    [201, 'PUT /v1/budgets/{budgetId}', 'teams', TEAMS],
    [200, 'PUT /v1/budgets/{budgetId}', 'teams?dryRun=true', ODD],
    [201, 'PUT /v1/budgets/{budgetId}', 'quarters', { ...TEAMS, window: QUARTER }],
    [201, 'PUT /v1/budgets/{budgetId}', 'every', { ...TEAMS, window: EVERY }],
    [412, 'PUT /v1/budgets/{budgetId}', 'teams', TEAMS, { ...JSON_TYPE, 'if-match': 'W/"1"' }],
    [400, 'PUT /v1/budgets/{budgetId}', 'teams', {}],
    [415, 'PUT /v1/budgets/{budgetId}', 'teams', TEAMS, { 'content-type': 'text/plain' }],
    [200, 'GET /v1/budgets/{budgetId}', 'teams'],
    [404, 'GET /v1/budgets/{budgetId}', 'none'],
    [404, 'GET /v1/budgets/{budgetId}/revisions', 'none'],
    [404, 'DELETE /v1/budgets/{budgetId}', 'none'],
    [404, 'GET /v1/decisions/{decisionId}', 'none'],
    [400, 'GET /v1/decisions/{decisionId}', `sk-${'x'.repeat(16)}`],
    [200, 'GET /v1/budgets', '?pageSize=1'],
    [400, 'GET /v1/budgets', '?pageSize=-1'],
    [200, 'GET /v1/warnings', '?pageSize=1'],
    [400, 'GET /v1/warnings', '?account=user:*'],
    [200, 'GET /v1/balances', '?account=member:ml/alice&at=2026-04-27T12:00:00Z'],
    [400, 'GET /v1/balances', ''],
    [200, 'POST /v1/check', '', { scope: { type: 'team', teamId: 'ml', userId: 'alice' } }],
    [200, 'POST /v1/check', '', { scope: { type: 'key', keyId: 'unheard of' } }],
    [400, 'POST /v1/check', '', {}],
    [409, 'POST /v1/check', '', { scope: USER, minPosition: '0:999' }],
    [413, 'POST /v1/events', '', 'x'.repeat(70_000), { 'content-type': EVENT }],
    [415, 'POST /v1/events', '', {}],
    [200, 'POST /v1/windows/preview', '', { window: EVERY }],
    [200, 'POST /v1/windows/preview', '', { window: TEAMS.window }],
    [400, 'POST /v1/windows/preview', '', { count: 0 }],
    [415, 'POST /v1/windows/preview', '', { window: EVERY }, { 'content-type': 'text/plain' }],
    [200, 'GET /livez', ''],
    [400, 'GET /livez', '?verbose=1'],
    [200, 'GET /readyz', ''],
    [200, 'GET /servez', ''],
  ])('knows the %i of %s %s', async (...[status, route, rest, body, headers]) => {
    expectAs(route, status, await ask(route, rest, body, headers));
  });

  it('knows that metrics are text', async () => {
    const response = await fetch(`${ledger.httpUrl}/metrics`);
    const { status, headers } = response;
    expectAs('GET /metrics', 200, { status, headers, body: await response.text() });
  });

  it.each<[string, string, unknown]>([
    ['POST /v1/events', 'a stranger', { ...spendEvent(USER, '1'), Subject: 'x' }],
    ['POST /v1/events', 'a word of the ledger', spendEvent(USER, '1', { position: '1' })],
    ['POST /v1/events', 'a price of unknown cost', spendEvent(USER, '1', {}, { basis: 'unknown' })],
    ['POST /v1/events', 'no amount', spendEvent(USER, undefined)],
    ['POST /v1/events', 'a time without offset', spendEvent(USER, '1', { time: '2026-04-27' })],
    ['POST /v1/check', 'an id of another scope', { scope: { ...USER, teamId: 'ml' } }],
    ['POST /v1/check', 'white space in the end', { scope: { type: 'key', keyId: 'k ' } }],
    ['POST /v1/check', 'a sign', { scope: USER, estimate: '+1' }],
    ['PUT /v1/budgets/{budgetId}', 'no limit', { ...TEAMS, limit: undefined }],
    ['POST /v1/windows/preview', 'no windows', { window: EVERY, count: 0 }],
    ['POST /v1/windows/preview', 'an eighth day', { window: { ...WEEK, startDay: 8 } }],
    ['POST /v1/windows/preview', 'a month of a week', { window: { ...WEEK, startMonth: 1 } }],
    ['POST /v1/windows/preview', 'half a day', { window: { ...EVERY, duration: 'P0.5D' } }],
    ['PUT /v1/budgets/{budgetId}', 'a share above 1', { ...TEAMS, warnAt: ['1.1'] }],
  ])('refuses on paper what the process refuses: %s with %s', async (route, _what, body) => {
    const mediaType = route === 'POST /v1/events' ? EVENT : 'application/json';
    const answer = await ask(route, route.includes('{') ? 'b' : '', body, {
      'content-type': mediaType,
    });
    expectAs(route, 400, answer);
    const { schema } = api.operation(route).requestBody.content[mediaType];
    expect(api.schemaFaults(schema, JSON.parse(JSON.stringify(body)))).not.toEqual([]);
  });

  /** Sends a request of the document and expects its answer, down to the times. */
  async function tell(
    route: string,
    asked: string | undefined,
    status: number,
    told: string | undefined,
    mediaType = 'application/json',
    headers: Record<string, string> = {},
  ): Promise<void> {
    const { requestBody, responses } = api.operation(route);
    const content = requestBody?.content[mediaType];
    const body = asked && content.examples[asked].value;
    const rest = restOf(route);
    const answer = await ask(route, rest, body, { 'content-type': mediaType, ...headers });
    expectAs(route, status, answer);
    decisionId = answer.body.decisionId ?? decisionId;
    if (answer.body.duplicate === false) positions.push(answer.body.position);
    if (asked && status < 400) expect(api.schemaFaults(content.schema, body)).toEqual([]);
    if (told === undefined) return;
    const [{ examples }] = Object.values<Answer['body']>(responses[status].content);
    expect(timeless(answer.body)).toEqual(timeless(examples[told].value));
  }

  /** What the story asks about: its budget, its refusal, its account. */
  function restOf(route: string): string {
    if (route.includes('{decisionId}')) return decisionId;
    if (route.includes('{')) return 'alice-total';
    return route.startsWith('GET') ? OF_ALICE : '';
  }

  /** @param rest the id of a budget or of a decision, or the query */
  function ask(
    route: string,
    rest: string,
    body?: unknown,
    headers: Record<string, string> = JSON_TYPE,
  ): Promise<Answer> {
    const [method, path] = route.split(' ') as [string, string];
    const url = path.includes('{') ? path.replace(/\{\w+\}/, rest) : path + rest;
    return ledger.http.request(method, url, body, headers);
  }

  function expectAs(route: string, status: number, answer: Answer): void {
    expect({ route, status: answer.status, faults: api.faultsOf(route, answer) }).toEqual({
      route,
      status,
      faults: [],
    });
  }

  /** Resolves when what was recorded so far can be seen. */
  async function projected(): Promise<void> {
    const { status } = await ledger.http.balance('user:alice', positions.join(','));
    expect(status).toBe(200);
  }
});

import { randomUUID } from 'node:crypto';
import { createTestDatabase, LedgerProcess, type Answer, type TestDatabase } from '#libs/testing';
import { ApiDocument } from './support/api-document';
import { timeless } from './support/timeless';

const api = new ApiDocument();
const BOB = { type: 'user', userId: 'bob' };
const CAROL = { type: 'user', userId: 'carol' };
const minute = (amount: string) => ({ scope: BOB, amount, ttlSeconds: 60 });
const HOLDS = '/v1/holds';
const HOLD = '/v1/holds/{holdId}';
const VARYING = ['holdId', 'eventId', 'expiresAt', 'createdAt', 'remainingTtlMs', 'ageMs'];

describe('the holds of /openapi.json', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let holdId = '';

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT0.1S' } });
  });

  afterAll(() => ledger.stop().then(() => db.drop()));

  it('tell a story that is true', async () => {
    await ledger.http.setBudget('bob-total', 'user:bob', '10');
    await tell(`POST ${HOLDS}`, 'minute', 201, 'taken');
    await tell(`POST ${HOLDS}`, 'tooMuch', 429, 'refused');
    await tell(`GET ${HOLD}`, undefined, 200, 'active');
    await tell(`GET ${HOLDS}`, undefined, 200, 'one');
    await tell(`POST ${HOLD}/settle`, 'exact', 200, 'less');
    await tell(`POST ${HOLDS}`, 'minute', 201, undefined);
    await tell(`POST ${HOLD}/extend`, 'longer', 200, undefined);
    await tell(`POST ${HOLD}/extend`, 'more', 200, 'more');
    await ask(`POST ${HOLD}/extend`, { amount: '4' });
    await tell(`POST ${HOLD}/release`, undefined, 200, 'released');
    await tell(`POST ${HOLD}/settle`, 'unknown', 409, undefined);
    expectAs(`POST ${HOLDS}`, 201, await ask(`POST ${HOLDS}`, { ...minute('1'), scope: CAROL }));
    await tell(`POST ${HOLD}/settle`, 'unknown', 200, undefined);
    expectAs(`GET ${HOLD}`, 200, await ask(`GET ${HOLD}`));
  });

  it.each<[number, string, unknown?, Record<string, string>?]>([
    [400, `POST ${HOLDS}`, {}],
    [409, `POST ${HOLDS}`, { ...minute('1'), minPosition: '0:999' }],
    [415, `POST ${HOLDS}`, minute('1'), { 'content-type': 'text/plain' }],
    [429, `POST ${HOLDS}`, minute('100')],
    [400, `GET ${HOLDS}?state=open`],
    [200, `GET ${HOLDS}?account=user:nobody&state=expired`],
    [404, `GET ${HOLD}`],
    [404, `POST ${HOLD}/settle`, { amount: '1' }],
    [400, `POST ${HOLD}/settle`, {}],
    [415, `POST ${HOLD}/settle`, { amount: '1' }, { 'content-type': 'text/plain' }],
    [404, `POST ${HOLD}/release`],
    [400, `POST ${HOLD}/release`, { amount: '1' }],
    [404, `POST ${HOLD}/extend`, { amount: '1' }],
    [400, `POST ${HOLD}/extend`, {}],
  ])('know the %i of %s', async (...[status, route, body, headers]) => {
    holdId = randomUUID();
    expectAs(route.split('?')[0]!, status, await ask(route, body, headers));
  });

  it('know what is too large', async () => {
    expectAs(`POST ${HOLDS}`, 413, await ask(`POST ${HOLDS}`, Buffer.alloc(17 * 1024 * 1024)));
  });

  it('know what an Idempotency-Key stands in the way of', async () => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const route = `POST ${HOLDS}`;
    expectAs(route, 201, await ask(route, minute('1'), headers));
    expectAs(route, 422, await ask(route, minute('2'), headers));
    expectAs(`POST ${HOLD}/release`, 200, await ask(`POST ${HOLD}/release`, {}));
    expectAs(route, 409, await ask(route, minute('1'), headers));
  });

  it.each<[string, string, unknown]>([
    [`POST ${HOLDS}`, 'no time to live', { scope: BOB, amount: '1' }],
    [`POST ${HOLDS}`, 'no life', { ...minute('1'), ttlSeconds: 0 }],
    [`POST ${HOLDS}`, 'more than a day', { ...minute('1'), ttlSeconds: 86_401 }],
    [`POST ${HOLDS}`, 'half a second', { ...minute('1'), ttlSeconds: 0.5 }],
    [`POST ${HOLDS}`, 'a negative amount', minute('-1')],
    [`POST ${HOLDS}`, 'a stranger', { ...minute('1'), holdId: 'x' }],
    [`POST ${HOLD}/settle`, 'no amount', {}],
    [`POST ${HOLD}/settle`, 'a price of unknown cost', { amount: '1', basis: 'unknown' }],
    [`POST ${HOLD}/settle`, 'a stranger', { amount: '1', scope: BOB }],
    [`POST ${HOLD}/extend`, 'nothing', {}],
    [`POST ${HOLD}/release`, 'a member', { amount: '1' }],
  ])('refuse on paper what the process refuses: %s with %s', async (route, _what, body) => {
    expectAs(route, 400, await ask(route, body));
    const { schema } = api.operation(route).requestBody.content['application/json'];
    expect(api.schemaFaults(schema, body)).not.toEqual([]);
  });

  /** Sends a request of the document and expects its answer, down to what is new each time. */
  async function tell(
    route: string,
    asked: string | undefined,
    status: number,
    told: string | undefined,
  ): Promise<void> {
    const { requestBody, responses } = api.operation(route);
    const content = requestBody?.content['application/json'];
    const body = asked && content.examples[asked].value;
    const answer = await ask(route, body);
    expectAs(route, status, answer);
    if (asked) expect(api.schemaFaults(content.schema, body)).toEqual([]);
    if (told === undefined) return;
    const [{ examples }] = Object.values<Answer['body']>(responses[status].content);
    expect(regular(answer.body)).toEqual(regular(examples[told].value));
  }

  async function ask(
    route: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer> {
    const [method, path] = route.split(' ') as [string, string];
    const answer = await ledger.http.request(
      method,
      path.replace('{holdId}', holdId),
      body,
      headers,
    );
    if (answer.status === 201) holdId = answer.body.holdId;
    return answer;
  }

  function expectAs(route: string, status: number, answer: Answer): void {
    const faults = api.faultsOf(route, answer);
    expect({ route, status: answer.status, faults }).toEqual({ route, status, faults: [] });
  }
});

function regular(body: unknown): unknown {
  return JSON.parse(
    JSON.stringify(timeless(body), (name, value: unknown) =>
      VARYING.includes(name) ? typeof value : value,
    ),
  );
}

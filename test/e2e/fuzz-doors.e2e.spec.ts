import fc from 'fast-check';
import { status as grpcStatus } from '@grpc/grpc-js';
import { formatMoney } from '#libs/ledger';
import {
  characters,
  createTestDatabase,
  LedgerProcess,
  projectionDifferences,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
import { ApiDocument } from './support/api-document';
import { GrpcBytes } from './support/grpc-outcome';
import { bodies, fuzz, headerTexts, messages } from './support/fuzz-inputs';
import { mutatedTree } from './support/mutations';
import { SpendTally } from './support/spend-tally';
import {
  budgetRequests,
  budgetSettings,
  checkRequests,
  checks,
  events,
  spendRequests,
} from './support/valid-requests';

const EVENTS = 'POST /v1/events';
const BUDGET = '/v1/budgets/{budgetId}';
/** What a caller can be at fault for, and success. */
const GRPC_CODES = [
  grpcStatus.OK,
  grpcStatus.INVALID_ARGUMENT,
  grpcStatus.NOT_FOUND,
  grpcStatus.ALREADY_EXISTS,
  grpcStatus.FAILED_PRECONDITION,
  grpcStatus.ABORTED,
];

const batches = fc.array(mutatedTree(events), { maxLength: 4 });
const spendDatas = events.map(({ data }) => data);
const texts = fc.string({ unit: characters, maxLength: 30 });
const ids = fc.oneof(
  fc.constantFrom('a', 'b', 'c'),
  fc.string({ unit: characters, minLength: 1, maxLength: 10 }).filter((id) => !/^\.+$/.test(id)),
);
const oddHeaders = fc.dictionary(
  fc.constantFrom('ce-id', 'ce-time', 'ce-source', 'ce-x', 'if-match', 'x-request-id'),
  headerTexts,
  { maxKeys: 1 },
);

describe('whatever comes, no door breaks', () => {
  const api = new ApiDocument();
  const taken = new SpendTally();
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcBytes;

  beforeAll(async () => {
    db = await createTestDatabase();
    const env = { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT0.02S', APPLY_WAIT: 'PT1S' };
    ledger = await LedgerProcess.start({ env });
    grpc = new GrpcBytes(ledger.grpcAddress);
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it('events over HTTP, structured', () =>
    fuzz(bodies(events), 200, async (body) => {
      const { status } = await send(EVENTS, '/v1/events', body, 'application/cloudevents+json');
      if (status === 201) taken.add(read(body).data);
    }));

  it('events over HTTP, in batches', () =>
    fuzz(bodies(batches), 100, async (body) => {
      const type = 'application/cloudevents-batch+json';
      const answer = await send(EVENTS, '/v1/events', body, type);
      const results: Answer['body'][] = answer.body.results ?? [];
      results.forEach(({ status }, n) => status === 201 && taken.add(read(body)[n].data));
    }));

  it('events over HTTP, in headers', () =>
    fuzz(fc.tuple(events, bodies(spendDatas), oddHeaders), 150, async ([event, body, odd]) => {
      const headers = { ...binaryHeaders(event), ...odd };
      const { status } = await send(EVENTS, '/v1/events', body, 'application/json', headers);
      if (status === 201) taken.add(read(body));
    }));

  it('questions over HTTP', () =>
    fuzz(fc.tuple(bodies(checks), texts), 150, async ([body, text]) => {
      for (const path of ['/v1/check', '/v1/authorize']) {
        await send(`POST ${path}`, path, body, 'application/json');
      }
      const query = encodeURIComponent(text);
      await send('GET /v1/balances', `/v1/balances?account=user:${query}`);
      await send('GET /v1/budgets', `/v1/budgets?pageToken=${query}&pageSize=1`);
      await send('GET /v1/warnings', `/v1/warnings?account=user:${query}`);
      await send('GET /v1/warnings', `/v1/warnings?pageToken=${query}`);
      await send('GET /v1/credentials', `/v1/credentials?pageToken=${query}`);
      await send('GET /v1/months', `/v1/months?zone=${query}&pageToken=${query}`);
      await send('GET /v1/series', `/v1/series?account=user:${query}&step=P1D&zone=${query}`);
      await send('GET /v1/explanations', `/v1/explanations?account=user:${query}`);
      await send('GET /v1/explanations', `/v1/explanations?account=ledger&window=${query}`);
      await send('GET /v1/prices', `/v1/prices?pageToken=${query}`);
      await send('GET /v1/events', `/v1/events?account=user:${query}`);
      await send('GET /v1/events', `/v1/events?pageToken=${query}&from=${query}`);
      await send('GET /v1/event', `/v1/event?source=${query}&id=${query}`);
      await send('GET /v1/spend', `/v1/spend?groupBy=day&zone=${query}`);
      await send('GET /v1/spend', `/v1/spend?groupBy=user&pageToken=${query}`);
    }));

  it('budgets over HTTP', () =>
    fuzz(fc.tuple(bodies(budgetSettings), ids, headerTexts), 100, async ([body, id, ifMatch]) => {
      const path = `/v1/budgets/${encodeURIComponent(id)}`;
      await send(`PUT ${BUDGET}`, path, body, 'application/json');
      await send(`PUT ${BUDGET}`, path, body, 'application/json', { 'if-match': ifMatch });
      await send(`GET ${BUDGET}`, path);
      await send(`DELETE ${BUDGET}`, path);
    }));

  it('events over gRPC', () =>
    fuzz(messages('IngestService/RecordSpend', spendRequests), 250, async (bytes) => {
      const { code, value } = await call('IngestService/RecordSpend', bytes);
      // A receipt whose fifth field says that it is a duplicate ends so.
      const isRecorded =
        code === grpcStatus.OK && !(value as Buffer).subarray(-2).equals(DUPLICATE);
      if (isRecorded) taken.addBytes(bytes);
    }));

  it.each<[string, fc.Arbitrary<object>]>([
    ['IngestService/RecordSpendBatch', fc.constant({ events: [{}, { scope: {} }] })],
    ['BudgetService/Check', checkRequests],
    ['BudgetService/GetBalance', fc.constant({ account: 'member:a/b', min_position: '0:0' })],
    ['BudgetAdminService/SetBudget', budgetRequests],
    ['BudgetAdminService/RemoveBudget', fc.constant({ budget_id: 'a', etag: '"1"' })],
    ['BudgetAdminService/GetBudget', fc.constant({ budget_id: 'a' })],
    [
      'BudgetAdminService/ListBudgets',
      fc.constant({ account: 'user:a', page_size: 3, page_token: 'YQ' }),
    ],
  ])('%s', (path, valid) => fuzz(messages(path, valid), 60, (bytes) => call(path, bytes)));

  it('and the balances are what was taken', async () => {
    expect(taken.count).toBeGreaterThan(50);
    for (const [account, sum] of [...taken.sums].slice(0, 300)) {
      const { body } = await ledger.http.balance(account);
      expect([account, body.spentAllTime]).toEqual([account, formatMoney(sum)]);
    }
    const { kysely } = db.database;
    const counted = await kysely
      .selectFrom('spend_event')
      .select(({ fn }) => fn.countAll().as('n'))
      .executeTakeFirstOrThrow();
    expect(Number(counted.n)).toBe(taken.count);
    expect(await projectionDifferences(db.database)).toEqual([]);
    expect(await kysely.selectFrom('quarantine').selectAll().execute()).toEqual([]);
  });

  it('and nothing went wrong inside', async () => {
    expect((await ledger.http.get('/readyz')).status).toBe(200);
    expect(ledger.output).not.toContain('"level":"error"');
  });

  /** Sends a request and expects an answer that the OpenAPI document has, and none that blames the ledger. */
  async function send(
    route: string,
    path: string,
    body?: Uint8Array,
    mediaType?: string,
    headers = {},
  ): Promise<Answer> {
    const [method] = route.split(' ') as [string];
    const init = {
      method,
      headers: { ...(mediaType && { 'content-type': mediaType }), ...headers },
      ...(body && { body: Buffer.from(body) }),
    };
    const response = await fetch(ledger.httpUrl + path, init);
    const answer = {
      status: response.status,
      headers: response.headers,
      body: await response.json(),
    };
    expect({
      route,
      status: answer.status,
      isFine: answer.status < 500,
      faults: api.faultsOf(route, answer),
    }).toEqual({ route, status: answer.status, isFine: true, faults: [] });
    return answer;
  }

  async function call(path: string, bytes: Uint8Array) {
    const outcome = await grpc.send(path, bytes);
    expect(GRPC_CODES).toContain(outcome.code);
    if (outcome.code !== grpcStatus.OK)
      expect([outcome.domain, outcome.reason]).toEqual(['spendledger', expect.stringMatching(/./)]);
    return outcome;
  }
});

function binaryHeaders({ data: _, ...attributes }: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      `ce-${name}`,
      encodeURIComponent(String(value)),
    ]),
  );
}

const DUPLICATE = Buffer.from([0x28, 0x01]);

const read = (body: Uint8Array): Answer['body'] => JSON.parse(Buffer.from(body).toString());

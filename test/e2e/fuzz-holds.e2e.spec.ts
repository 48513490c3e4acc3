import fc from 'fast-check';
import { status as grpcStatus } from '@grpc/grpc-js';
import {
  characters,
  createTestDatabase,
  LedgerProcess,
  projectionDifferences,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
import { ApiDocument } from './support/api-document';
import { bodies, fuzz, headerTexts, messages } from './support/fuzz-inputs';
import { GrpcBytes } from './support/grpc-outcome';
import { extensions, holdRequests, holds, settleRequests, settles } from './support/valid-requests';

const HOLD = '/v1/holds/{holdId}';
const GRPC_CODES = [
  grpcStatus.OK,
  grpcStatus.INVALID_ARGUMENT,
  grpcStatus.NOT_FOUND,
  grpcStatus.FAILED_PRECONDITION,
];
const keys = fc.oneof(fc.constantFrom('a', 'b'), headerTexts);
const texts = fc.string({ unit: characters, maxLength: 30 });

describe('whatever comes, no door of holds breaks', () => {
  const api = new ApiDocument();
  const taken = [''];
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcBytes;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url, VISIBLE_WAIT: 'PT0.02S' } });
    grpc = new GrpcBytes(ledger.grpcAddress);
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it('holds over HTTP', () =>
    fuzz(fc.tuple(bodies(holds), keys), 150, async ([body, key]) => {
      const headers = { 'idempotency-key': key };
      for (const more of [{}, headers]) {
        const answer = await send('POST /v1/holds', '/v1/holds', body, more);
        if (answer.status === 201) taken.push(answer.body.holdId);
      }
    }));

  it('what becomes of them over HTTP', () =>
    fuzz(
      fc.tuple(bodies(settles), bodies(extensions), fc.nat(), texts),
      150,
      async ([settle, extend, nth, text]) => {
        const path = `/v1/holds/${taken[nth % taken.length] || 'x'}`;
        await send(`POST ${HOLD}/extend`, `${path}/extend`, extend);
        await send(`POST ${HOLD}/settle`, `${path}/settle`, settle);
        await send(`POST ${HOLD}/release`, `${path}/release`, nth % 2 === 0 ? undefined : extend);
        await send(`GET ${HOLD}`, path);
        const query = encodeURIComponent(text);
        await send('GET /v1/holds', `/v1/holds?account=user:${query}`);
        await send('GET /v1/holds', `/v1/holds?state=${query}&pageToken=${query}`);
        if (!/^[.]*$|[/]/.test(text)) await send(`GET ${HOLD}`, `/v1/holds/${query}`);
      },
    ));

  it.each<[string, fc.Arbitrary<object>]>([
    ['Hold', holdRequests],
    ['Settle', settleRequests(() => taken.at(-1)!)],
    ['Extend', fc.constant({ hold_id: 'x', ttl_seconds: 5, amount: '1' })],
    ['Release', fc.constant({ hold_id: 'x' })],
  ])('%s over gRPC', (method, valid) =>
    fuzz(messages(`BudgetService/${method}`, valid), 100, async (bytes) => {
      const outcome = await grpc.send(`BudgetService/${method}`, bytes);
      expect(GRPC_CODES).toContain(outcome.code);
      if (outcome.code === grpcStatus.OK) return;
      expect([outcome.domain, outcome.reason]).toEqual(['spendledger', expect.stringMatching(/./)]);
    }),
  );

  it('and the balances are what was settled', async () => {
    expect(taken.length).toBeGreaterThan(20);
    const { kysely } = db.database;
    // Chance may have settled fewer.
    const scope = { type: 'key', keyId: 'last' };
    for (let n = 0; n < 4; n++) {
      const hold = { scope, amount: '2.00', ttlSeconds: 60 };
      const { body } = await ledger.http.post('/v1/holds', hold);
      const settle = `/v1/holds/${body.holdId}/settle`;
      expect(await ledger.http.post(settle, { amount: '1.00' })).toMatchObject({ status: 200 });
    }
    await waitUntil('all that was settled is spent', async () => {
      return (await ledger.http.get('/v1/holds?state=settling')).body.items.length === 0;
    });
    expect((await ledger.http.get('/v1/holds?state=settled')).body.items.length).toBeGreaterThan(3);
    expect(await projectionDifferences(db.database)).toEqual([]);
    expect(await kysely.selectFrom('quarantine').selectAll().execute()).toEqual([]);
    expect(ledger.output).not.toContain('"level":"error"');
  });

  /** Expects an answer that the OpenAPI document has, and none that blames the ledger. */
  async function send(
    route: string,
    path: string,
    body?: Uint8Array,
    headers: object = {},
  ): Promise<Answer> {
    const [method] = route.split(' ') as [string];
    const response = await fetch(ledger.httpUrl + path, {
      method,
      headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: Buffer.from(body) }),
    });
    const { status } = response;
    const answer = { status, headers: response.headers, body: await response.json() };
    const faults = api.faultsOf(route, answer);
    expect({ route, status, isFine: status < 500, faults }).toEqual({
      route,
      status,
      isFine: true,
      faults: [],
    });
    return answer;
  }
});

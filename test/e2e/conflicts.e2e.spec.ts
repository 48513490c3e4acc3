import {
  correctionEvent,
  createTestDatabase,
  LedgerProcess,
  spendEvent,
  type Answer,
  type GrpcLedger,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from './support/expect-problem';

const SCOPE = { type: 'team', teamId: 'ml', userId: 'alice' };
const DATA = {
  scope: SCOPE,
  amount: '1.50',
  basis: 'estimated',
  requestId: 'req-1',
  holdId: 'hold-1',
  model: 'gpt-5',
  labels: { org: 'acme', project: 'search' },
  metadata: { a: { b: [1, 2] } },
};
const CALL = { source: 'test-gateway', id: 'call-1' };
const FIX = { source: 'test-finance', id: 'fix-1' };
const AMEND = { kind: 'amend', amount: '2.00', reason: 'wrong price' };
const EVENT = 'application/cloudevents+json';

describe('an event under the source and id of another', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;
  let grpc: GrpcLedger;

  const spend = (data: object, event: object = {}) => ({
    ...spendEvent(SCOPE, '1.50', { ...CALL, ...event }),
    data: { ...DATA, ...data },
  });
  const correction = (change: object, event: object = {}, of: object = CALL) =>
    correctionEvent(of as typeof CALL, { ...AMEND, ...change }, { ...FIX, ...event });
  const post = (event: object) => ledger.http.post('/v1/events', event, EVENT);

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    grpc = ledger.grpc();
    for (const event of [spend({}), correction({})]) {
      const { status, body } = await post(event);
      expect(status).toBe(201);
      expect((await ledger.http.balance('team:ml', body.position)).status).toBe(200);
    }
  });

  afterAll(async () => {
    grpc.close();
    await ledger.stop();
    await db.drop();
  });

  it.each<[string[], object, object?]>([
    [['time'], {}, { time: '2026-04-27T10:00:00.000001Z' }],
    [['scope'], { scope: { ...SCOPE, userId: 'bob' } }],
    [['scope'], { scope: { type: 'team', teamId: 'ml' } }],
    [['amount'], { amount: '1.500000000001' }],
    [['basis'], { basis: undefined }],
    [['basis', 'amount'], { amount: undefined, basis: 'unknown' }],
    [['requestId'], { requestId: 'req-2' }],
    [['requestId'], { requestId: undefined }],
    [['holdId'], { holdId: 'hold-2' }],
    [['model'], { model: 'gpt-5-mini' }],
    [['labels'], { labels: { org: 'acme' } }],
    [['labels'], { labels: { org: 'acme', project: 'Search' } }],
    [['labels'], { labels: undefined }],
    [['metadata'], { metadata: { a: { b: [2, 1] } } }],
    [['metadata'], { metadata: undefined }],
    [
      ['time', 'scope', 'model'],
      { scope: { type: 'key', keyId: 'k' }, model: 'x' },
      { time: '2026-04-28T10:00:00Z' },
    ],
  ])('is told that %j differs', async (members, data, event = {}) => {
    const given = spend(data, event);
    const answer = await post(given);
    expectProblem(answer, 409, 'event_conflict');
    expect(answer.body.differs).toEqual(members);
    const [{ problem }] = (await batch([given])).body.results;
    expect(problem).toMatchObject({ code: 'event_conflict', differs: members });
  });

  it.each<[string[], object, object?]>([
    [['time'], {}, { time: '2026-05-03T09:00:00Z' }],
    [['amount'], { amount: '3.00' }],
    [['kind', 'amount'], { kind: 'reverse', amount: undefined }],
    [['reason'], { reason: 'another' }],
  ])('is told that %j differs, of a correction', async (members, change, event = {}) => {
    const answer = await post(correction(change, event));
    expect([answer.status, answer.body.differs?.sort()]).toEqual([409, [...members].sort()]);
  });

  it('is told so where one is a spend and the other corrects one', async () => {
    const answer = await post({ ...correction({}), ...CALL });
    expect(answer.status).toBe(409);
    expect(answer.body.differs.sort()).toEqual(
      ['type', 'time', 'adjusts', 'kind', 'amount', 'reason', 'scope', 'currency']
        .concat('basis', 'requestId', 'holdId', 'model', 'labels', 'metadata')
        .sort(),
    );
  });

  it('is told so over gRPC, in a batch too', async () => {
    const event = {
      ...CALL,
      time: { seconds: Date.parse('2026-04-27T10:00:00Z') / 1000, nanos: 0 },
      scope: { team: { team_id: 'ml', user_id: 'alice' } },
      amount: '1.50',
      basis: 'BASIS_ESTIMATED',
      request_id: 'req-1',
      hold_id: 'hold-1',
      model: 'gpt-6',
      labels: { project: 'search', org: 'beta' },
    };
    const { results } = await grpc.call('IngestService', 'RecordSpendBatch', { events: [event] });
    expect(results[0].problem).toMatchObject({
      code: 'event_conflict',
      differs: ['model', 'labels', 'metadata'],
      retryable: false,
    });
  });

  function batch(events: object[]): Promise<Answer> {
    return ledger.http.post('/v1/events', events, 'application/cloudevents-batch+json');
  }
});

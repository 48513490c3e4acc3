import {
  correctionEvent,
  createTestDatabase,
  LedgerProcess,
  projectionDifferences,
  spendEvent,
  waitUntil,
  type Answer,
  type TestDatabase,
} from '#libs/testing';
import { expectProblem } from './support/expect-problem';
import { footprintOf } from './support/footprint';

const ML = { type: 'team', teamId: 'ml', userId: 'alice', keyId: 'key-7' };
const BATCH = 'application/cloudevents-batch+json';

describe('a correction', () => {
  let db: TestDatabase;
  let ledger: LedgerProcess;

  beforeAll(async () => {
    db = await createTestDatabase();
    ledger = await LedgerProcess.start({ env: { DATABASE_URL: db.url } });
    const month = { window: { type: 'calendar', unit: 'month', zone: 'UTC' } };
    await ledger.http.setBudget('ml', 'team:ml', '500.00', month);
  });
  afterAll(async () => {
    expect(await projectionDifferences(db.database)).toEqual([]);
    await ledger.stop();
    await db.drop();
  });

  it('sets what a call cost, in every balance and window that has it, and is answered like a spend', async () => {
    const now = new Date().toISOString();
    const spend = (await ledger.http.record(ML, '400.00', { time: now })).body;
    expect((await ledger.http.check(ML, { estimate: '101' })).body.allowed).toBe(false);
    const change = { kind: 'amend', amount: '40.0' };
    const event = { id: 'amend-1' };
    const amended = await ledger.http.correct(spend, change, event);
    expect(amended).toMatchObject({
      status: 201,
      body: { id: 'amend-1', source: 'test-finance', duplicate: false },
    });
    const { position } = amended.body;
    for (const account of ['team:ml', 'member:ml/alice', 'key:key-7']) {
      const { body } = await ledger.http.balance(account, position);
      expect(body).toMatchObject({ spentAllTime: '40.00', unpriced: 0 });
    }
    const { body } = await ledger.http.check(ML, { estimate: '101', minPosition: position });
    expect(body).toMatchObject({ allowed: true, budgets: [{ spent: '40.00' }] });
    const again = await ledger.http.correct(spend, change, event);
    expect(again).toMatchObject({ status: 200, body: { id: 'amend-1', duplicate: true } });
    const other = await ledger.http.correct(spend, { kind: 'reverse' }, event);
    expectProblem(other, 409, 'event_conflict');
    await ledger.http.correct(spend, { kind: 'reverse' });
    const { body: last } = await ledger.http.correct(spend, { kind: 'amend', amount: '1' });
    expect((await ledger.http.balance('team:ml', last.position)).body.spentAllTime).toBe('1.00');
    await ledger.http.correct(spend, { kind: 'reverse' });
  });

  it('completes an unknown cost, and a settle that came without one', async () => {
    const bob = { type: 'user', userId: 'bob' };
    const held = (await ledger.http.hold(bob, '5.00')).body;
    const settled = (await ledger.http.settle(held.holdId, undefined, { basis: 'unknown' })).body;
    const settle = { source: settled.source, id: settled.eventId };
    const { body: spend } = await ledger.http.record(bob, undefined, {}, { basis: 'unknown' });
    const before = (await ledger.http.balance('user:bob', spend.position)).body;
    expect(before).toMatchObject({ spentAllTime: '0.00', unpriced: 2, held: '0.00' });
    await ledger.http.correct(spend, { kind: 'amend', amount: '0.25' });
    const { body } = await ledger.http.correct(settle, { kind: 'amend', amount: '2' });
    const after = (await ledger.http.balance('user:bob', body.position)).body;
    expect(after).toMatchObject({ spentAllTime: '2.25', unpriced: 0, held: '0.00' });
  });

  it('warns where it takes an account up to a share of its limit', async () => {
    const dave = { type: 'user', userId: 'dave' };
    await ledger.http.setBudget('dave', 'user:dave', '10.00', { warnAt: ['0.8'] });
    const { body: spend } = await ledger.http.record(dave, '1.00');
    await ledger.http.correct(spend, { kind: 'amend', amount: '9.00' });
    await waitUntil('he is warned', async () => {
      const { body } = await ledger.http.get('/v1/warnings?account=user:dave');
      return body.items.length === 1 && body.items[0].spent === '9.00';
    });
  });

  it('may come in the batch of its spend, wherever it stands there', async () => {
    const scope = { type: 'user', userId: 'carol' };
    const spend = spendEvent(scope, '10.00', { id: 'in-batch' });
    const name = { source: 'test-gateway', id: 'in-batch' };
    const first = correctionEvent(name, { kind: 'amend', amount: '7.00' });
    const last = correctionEvent(name, { kind: 'amend', amount: '3.00' });
    const batch = [first, spend, last];
    const { status, body } = await ledger.http.post('/v1/events', batch, BATCH);
    expect([status, body.results.map((each: Answer) => each.status)]).toEqual([
      200,
      [201, 201, 201],
    ]);
    const position = body.results.map((each: { position: string }) => each.position).join();
    expect((await ledger.http.balance('user:carol', position)).body.spentAllTime).toBe('3.00');
  });

  it('comes in binary mode, too', async () => {
    const { body: spend } = await ledger.http.record(ML, '9.00');
    const { data, ...attributes } = correctionEvent(spend, { kind: 'reverse' });
    const headers = Object.entries(attributes).map(([name, value]) => [
      `ce-${name}`,
      String(value),
    ]);
    const answer = await ledger.http.request('POST', '/v1/events', data, {
      'content-type': 'application/json',
      ...(Object.fromEntries(headers) as Record<string, string>),
    });
    expect(answer.status).toBe(201);
  });

  it('of what is not on record as a spend is refused', async () => {
    const { body: spend } = await ledger.http.record(ML, '1.00');
    const { body: correction } = await ledger.http.correct(spend, { kind: 'reverse' });
    const { body: budget } = await ledger.http.setBudget('other', 'team:ml', '1000.00');
    expect(budget.applied).toBe(true);
    const before = await footprintOf(db.database);
    for (const name of [
      { source: 'test-gateway', id: 'never-seen' },
      { source: 'ledger/budgets', id: 'other/1' },
      correction,
    ]) {
      const refused = await ledger.http.correct(name, { kind: 'reverse' });
      expectProblem(refused, 422, 'unknown_event');
    }
    expect(await footprintOf(db.database)).toEqual(before);
  });

  it.each<[string, object, string, string]>([
    ['no kind', { kind: undefined }, 'data.kind', 'required'],
    ['another kind', { kind: 'refund' }, 'data.kind', 'one_of'],
    ['an amend without amount', { kind: 'amend' }, 'data.amount', 'required'],
    ['a negative amount', { kind: 'amend', amount: '-1' }, 'data.amount', 'decimal'],
    ['a number', { kind: 'amend', amount: 1 }, 'data.amount', 'decimal_string'],
    ['a reverse with an amount', { kind: 'reverse', amount: '0' }, 'data.amount', 'absent'],
    ['no reason', { kind: 'reverse', reason: undefined }, 'data.reason', 'required'],
    ['an empty reason', { kind: 'reverse', reason: ' ' }, 'data.reason', 'not_empty'],
    ['a long reason', { kind: 'reverse', reason: 'x'.repeat(1025) }, 'data.reason', 'length'],
    ['a reason of lines', { kind: 'reverse', reason: 'a\nb' }, 'data.reason', 'control'],
    ['nothing to correct', { kind: 'reverse', adjusts: undefined }, 'data.adjusts', 'required'],
    ['half a name', { kind: 'reverse', adjusts: { id: 'a' } }, 'data.adjusts.source', 'required'],
    [
      'more than a name',
      { kind: 'reverse', adjusts: { id: 'a', source: 'b', time: '' } },
      'data.adjusts.time',
      'unknown_member',
    ],
    ['a scope', { kind: 'reverse', scope: ML }, 'data.scope', 'unknown_member'],
  ])('with %s is refused', async (_, change, field, rule) => {
    const { body: spend } = await ledger.http.record(ML, '1.00', { id: 'bad-corrections' });
    const before = await footprintOf(db.database);
    const refused = await ledger.http.correct(spend, change);
    expectProblem(refused, 400, 'invalid', [[field, rule]]);
    expect(await footprintOf(db.database)).toEqual(before);
  });

  it.each([
    ['without time', { time: undefined }, 'time', 'required'],
    ['of a source of the ledger', { source: 'ledger/corrections' }, 'source', 'reserved'],
    ['of the far future', { time: '2099-01-01T00:00:00Z' }, 'time', 'not_ahead'],
  ])('%s is refused', async (_, event, field, rule) => {
    const { body: spend } = await ledger.http.record(ML, '1.00', { id: 'bad-corrections' });
    const refused = await ledger.http.correct(spend, { kind: 'reverse' }, event);
    expectProblem(refused, 400, 'invalid', [[field, rule]]);
  });
});

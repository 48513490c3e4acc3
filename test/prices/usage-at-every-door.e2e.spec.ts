import { waitUntil, type GrpcLedger } from '#libs/testing';
import { ApiDocument } from '../e2e/support/api-document';
import { expectProblem } from '../e2e/support/expect-problem';
import { COST, PricedLedger, USAGE, usageEvent } from './support/priced-ledger';

const ALICE = { type: 'user', userId: 'alice' };

describe('usage in place of an amount', () => {
  let ledger: PricedLedger;
  let grpc: GrpcLedger;

  beforeAll(async () => {
    ledger = await PricedLedger.start();
    grpc = ledger.process.grpc();
  });
  afterAll(async () => {
    grpc.close();
    await ledger.stop();
  });

  it('is priced the same at each door, and counts to the last digit', async () => {
    const scope = { type: 'user', userId: 'doors' };
    const { data, time } = usageEvent(scope, {});
    const answers = [
      await ledger.post(scope, { id: 'structured' }),
      await ledger.http.request('POST', '/v1/events', data, {
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-id': 'binary',
        'ce-source': 'gw',
        'ce-type': 'spendledger.spend.recorded.v1',
        'ce-time': time,
      }),
      await ledger.http.post(
        '/v1/events',
        [usageEvent(scope, { id: 'batch' })],
        'application/cloudevents-batch+json',
      ),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 200]);
    const message = {
      id: 'grpc',
      source: 'gw',
      time: { seconds: Math.floor(Date.now() / 1000) },
      scope: { user: { user_id: 'doors' } },
      model: 'gpt-5',
      usage: { input: 1200, output: 300, cached_input: 1000, reasoning: 100 },
    };
    const { receipt } = await grpc.call('IngestService', 'RecordSpend', { event: message });
    expect(faultsOnPaper(usageEvent(scope, {}))).toEqual([]);
    for (const id of ['structured', 'binary', 'batch', 'grpc']) {
      const event = await ledger.read(id, receipt.position);
      expect(event).toMatchObject({
        ledgeramount: COST,
        ledgerprices: '2026-11-30',
        effectiveamount: COST,
        data: { usage: USAGE, model: 'gpt-5', basis: 'exact' },
      });
      expect(event.data).not.toHaveProperty('amount');
    }
    const { body } = await ledger.http.balance('user:doors', receipt.position);
    expect(body.spentAllTime).toBe('0.0135');
  });

  it.each<[object, string, string]>([
    [{ amount: '1.00' }, 'data.usage', 'absent'],
    [{ model: undefined }, 'data.model', 'required'],
    [{ basis: 'unknown' }, 'data.usage', 'absent'],
    [{ usage: { input: 1, output: 1, cachedInput: 2 } }, 'data.usage.input', 'parts'],
    [{ usage: { input: -1, output: 1 } }, 'data.usage.input', 'tokens'],
    [{ usage: { input: 1.5, output: 1 } }, 'data.usage.input', 'tokens'],
    [{ usage: { input: 1 } }, 'data.usage.output', 'required'],
    [{ usage: null }, 'data.usage', 'object'],
  ])('is refused with %j', async (data, field, rule) => {
    const answer = await ledger.post(ALICE, { id: 'bad' }, data);
    // A schema cannot say that parts are no larger than the whole.
    if (rule !== 'parts') {
      expect(faultsOnPaper(usageEvent(ALICE, { id: 'bad' }, data))).not.toEqual([]);
    }
    expectProblem(answer, 400, 'invalid');
    expect(answer.body.errors).toMatchObject([{ field, rule }]);
  });

  it('is refused over gRPC by the names of the proto', async () => {
    const event = {
      id: 'bad',
      source: 'gw',
      time: { seconds: Math.floor(Date.now() / 1000) },
      scope: { user: { user_id: 'doors' } },
      usage: { input: 1, output: 1, cached_input: -2 },
    };
    await expect(grpc.call('IngestService', 'RecordSpend', { event })).rejects.toMatchObject({
      details: expect.stringContaining('event.usage.cached_input'),
    });
  });

  it.each(['ledgeramount', 'ledgerprices'])('is refused with a %s of its own', async (name) => {
    const answer = await ledger.post(ALICE, { id: 'bad', [name]: '0.01' });
    expectProblem(answer, 400, 'invalid');
    expect(answer.body.errors).toMatchObject([{ field: name, rule: 'reserved' }]);
  });

  it('is of unknown cost where the prices do not know the model, never zero', async () => {
    const scope = { type: 'user', userId: 'unpriced' };
    const { body } = await ledger.post(scope, { id: 'unpriced' }, { model: 'mistral' });
    const event = await ledger.read('unpriced', body.position);
    expect(event.data).toMatchObject({ basis: 'unknown', usage: USAGE });
    for (const name of ['ledgeramount', 'ledgerprices', 'effectiveamount']) {
      expect(event).not.toHaveProperty(name);
    }
    const balance = await ledger.http.balance('user:unpriced', body.position);
    expect(balance.body).toMatchObject({ spentAllTime: '0.00', unpriced: 1 });
    const again = await ledger.post(
      scope,
      { id: 'unpriced', time: event.time },
      { model: 'mistral' },
    );
    expect([again.status, again.body.duplicate]).toEqual([200, true]);
  });

  it('says which member another content differs in', async () => {
    const { body, status } = await ledger.post(ALICE, { id: 'differs' });
    expect(status).toBe(201);
    const { time } = await ledger.read('differs', body.position);
    const more = { usage: { ...USAGE, output: 301 } };
    const answer = await ledger.post(ALICE, { id: 'differs', time }, more);
    expectProblem(answer, 409, 'event_conflict');
    expect(answer.body.differs).toEqual(['usage']);
  });

  it('settles a hold with what it comes to, over HTTP and gRPC', async () => {
    const scope = { type: 'user', userId: 'holder' };
    const holds = [await ledger.http.hold(scope, '1.00'), await ledger.http.hold(scope, '1.00')];
    const [first, second] = holds.map(({ body }) => body.holdId as string);
    const asked = { usage: USAGE, model: 'gpt-5' };
    const settled = await ledger.http.settle(first!, undefined, asked);
    expect(settled.body).toMatchObject({ overrun: '0.00', late: false });
    const again = await ledger.http.settle(first!, undefined, asked);
    expect(again.body).toMatchObject(settled.body);
    const other = await ledger.http.settle(first!, undefined, {
      ...asked,
      usage: { ...USAGE, output: 999 },
    });
    expectProblem(other, 409, 'hold_ended');
    await grpc.call('BudgetService', 'Settle', {
      hold_id: second,
      model: 'gpt-5',
      usage: { input: 1200, output: 300, cached_input: 1000, reasoning: 100 },
    });
    await waitUntil('both are spent', async () => {
      const { body } = await ledger.http.balance('user:holder');
      return body.spentAllTime === '0.00675' && body.held === '0.00';
    });
    const both = await ledger.http.settle(second!, '1.00', asked);
    expectProblem(both, 400, 'invalid');
    expect(both.body.errors).toMatchObject([{ field: 'usage', rule: 'absent' }]);
  });
});

/** What the OpenAPI document finds wrong with an event. */
function faultsOnPaper(event: object): string[] {
  const api = new ApiDocument();
  const { content } = api.operation('POST /v1/events').requestBody;
  const { schema } = content['application/cloudevents+json'];
  return api.schemaFaults(schema, JSON.parse(JSON.stringify(event)));
}

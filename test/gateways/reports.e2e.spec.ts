import { ApiDocument } from '../e2e/support/api-document';
import { expectProblem } from '../e2e/support/expect-problem';
import { GuardedLedger, MODEL } from './support/guarded-ledger';
import { GATEWAYS, ProxyClient } from './support/proxy-client';

const API = new ApiDocument();

describe('reports of calls', () => {
  let ledger: GuardedLedger;
  let proxy: ProxyClient;

  beforeAll(async () => {
    ledger = await GuardedLedger.start(GATEWAYS);
    proxy = new ProxyClient(ledger);
  });
  afterAll(() => ledger.stop());

  it.each<[string, object, string, { spent: string; unpriced?: number }]>([
    ['its usage', { model: MODEL, usage: { input: 7, output: 2 } }, 'exact', { spent: '11.00' }],
    ['tokens', { model: MODEL, inputTokens: 7, outputTokens: 2 }, 'exact', { spent: '11.00' }],
    ['no price', { model: 'x', inputTokens: 7 }, 'unknown', { spent: '0.00', unpriced: 1 }],
    ['odd usage', { model: MODEL, inputTokens: -7 }, 'unknown', { spent: '0.00', unpriced: 1 }],
    ['no usage', { status: 200 }, 'estimated', { spent: '3.00' }],
    ['nothing', {}, 'estimated', { spent: '3.00' }],
    ['an error', { status: 500 }, 'released', { spent: '0.00' }],
    ['a break', { status: 200, ended: 'interrupted' }, 'estimated', { spent: '3.00' }],
    ['no upstream', { status: 502, ended: 'not_sent' }, 'released', { spent: '0.00' }],
  ])('settle a call of which they say %s: %j', async (what, said, outcome, balance) => {
    const user = await ledger.userWith(`says-${what.replaceAll(' ', '-')}`, '100');
    const holdId = await proxy.admitted('plain', user);
    const answer = await proxy.report({ holdId, ...said });
    expect(answer).toMatchObject({ status: 200, body: { outcome } });
    expect(API.faultsOf('POST /v1/reports', answer)).toEqual([]);
    await ledger.untilBalance(user, { held: '0.00', ...balance });
  });

  it.each([
    ['no usage', { status: 200 }, 'unknown'],
    ['an error', { status: 500 }, 'estimated'],
    ['a break', { ended: 'interrupted' }, 'released'],
  ])('settle by the rules of their gateway: %s', async (what, said, outcome) => {
    const user = await ledger.userWith(`asking-${what.replaceAll(' ', '-')}`, '100');
    const holdId = await proxy.admitted('asking', user);
    expect(await proxy.report({ gateway: 'asking', holdId, ...said })).toMatchObject({
      status: 200,
      body: { outcome },
    });
  });

  it('settle by headers, as a proxy without a body sends them', async () => {
    const user = await ledger.userWith('headers', '100');
    const holdId = await proxy.admitted('plain', user);
    const said = { 'x-spend-hold-id': holdId, 'x-spend-model': MODEL, 'x-spend-status': '200' };
    const tokens = { 'x-spend-input-tokens': '7', 'x-spend-output-tokens': '2' };
    const answer = await proxy.reportInHeaders({ ...said, ...tokens });
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'exact' } });
    await ledger.untilBalance(user, { spent: '11.00', held: '0.00' });
  });

  it('count once, and the first one counts', async () => {
    const user = await ledger.userWith('twice', '100');
    const holdId = await proxy.admitted('plain', user);
    const first = { holdId, model: MODEL, inputTokens: 7 };
    const outcomes = [];
    for (const said of [first, first, { ...first, inputTokens: 8 }, { holdId, status: 500 }]) {
      const { status, body } = await proxy.report(said);
      outcomes.push([status, body.outcome]);
    }
    expect(outcomes).toEqual([
      [200, 'exact'],
      [200, 'repeated'],
      [200, 'ended'],
      [200, 'ended'],
    ]);
    await ledger.untilBalance(user, { spent: '7.00', held: '0.00' });
  });

  it('are 204 without a hold', async () => {
    expect((await proxy.report({ status: 200 })).status).toBe(204);
    expect((await proxy.reportInHeaders({ 'x-spend-hold-id': '' })).status).toBe(204);
    expect((await proxy.send('POST', '/v1/reports', proxy.credential)).status).toBe(204);
  });

  it('are 404 of a hold that is not there', async () => {
    for (const ended of ['answered', 'not_sent']) {
      expectProblem(await proxy.report({ holdId: 'no-such-hold', ended }), 404, 'not_found', []);
    }
  });

  it('are 403 of what another caller holds', async () => {
    const user = await ledger.userWith('others', '100');
    const holdId = await proxy.admitted('plain', user);
    const token = await ledger.keepToken('other', 'check');
    const headers = { 'x-spend-hold-id': holdId, 'x-spend-authorization': `Bearer ${token}` };
    expectProblem(await proxy.reportInHeaders(headers), 403, 'forbidden', []);
    expect(await ledger.balanceOf(user)).toMatchObject({ spent: '0.00', held: '3.00' });
  });

  it.each<[number, string, object | string]>([
    [400, 'invalid', { holdId: 'h', gateway: 7 }],
    [400, 'invalid', { holdId: 'h', tokens: 7 }],
    [400, 'invalid', { holdId: `sk-${'a'.repeat(24)}` }],
    [400, 'invalid', '{'],
    [404, 'gateway_unknown', { holdId: 'h', gateway: 'nobody' }],
    [413, 'too_large', 'x'.repeat(300_000)],
  ])('are %i %s where they are wrong', async (status, code, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify({ gateway: 'plain', ...body });
    const headers = { ...proxy.credential, 'content-type': 'application/json' };
    expectProblem(await proxy.send('POST', '/v1/reports', headers, text), status, code);
  });

  it('name the gateway where the file has no default', async () => {
    const answer = await proxy.send('POST', '/v1/reports', {
      ...proxy.credential,
      'x-spend-hold-id': 'h',
    });
    expectProblem(answer, 400, 'invalid', [['gateway', 'required']]);
  });
});
